import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { messageNumberAt, parseMessageNumber } from "#protocol/message-number";
import { isUniqueId } from "#protocol/unique-id";

describe("RFC 1939 §7: a unique-id", () => {
  for (const text of ["!", "~", "1", "1700000000.M1P2.host", "a".repeat(70), "<>:\"'%"]) {
    test(`can be ${JSON.stringify(text)}`, () => assert.equal(isUniqueId(text), true));
  }
  for (const text of ["", " ", "a b", "a\t", "\x7f", "ñ", "\u0000", "a\r\n", "a".repeat(71)]) {
    test(`cannot be ${JSON.stringify(text)}`, () => assert.equal(isUniqueId(text), false));
  }
});

describe("RFC 1939 §4: a message number", () => {
  test("counts from 1", () => {
    assert.equal(messageNumberAt(0), 1);
    assert.equal(parseMessageNumber(1, 3), 1);
    assert.equal(parseMessageNumber(3, 3), 3);
  });
  for (const [number, count] of [
    [0, 3],
    [4, 3],
    [1, 0],
    [Number.MAX_SAFE_INTEGER, 3],
  ] as const) {
    test(`is not ${number} of ${count}`, () => assert.equal(parseMessageNumber(number, count), undefined));
  }
});
