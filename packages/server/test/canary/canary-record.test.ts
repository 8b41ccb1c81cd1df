import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { formatRecord, parseRecord } from "#server/canary/canary-record";
import { EMPTY_SAMPLE, SAMPLE_SIZE } from "#server/canary/sample";
import { folders, recordOf } from "./support.js";

const PLACE = "/spool/ana";

for (const [what, record] of [
  ["of some messages", recordOf()],
  ["of none", recordOf({ count: 0, sample: EMPTY_SAMPLE })],
  ["without a boot id", recordOf({ bootId: "" })],
  ["with the largest numbers", recordOf({ folders: folders(2 ** 53 - 2, 2 ** 53 - 1), count: 4_294_967_295 })],
  ["with a full sample", recordOf({ sample: Uint32Array.from({ length: SAMPLE_SIZE }, (_, n) => n * 7) })],
] as const) {
  test(`a record ${what} is read as it was written`, () => {
    assert.deepEqual(parseRecord(PLACE, formatRecord(PLACE, record)), record);
  });
}

test("a path with any character in it is one line", () => {
  const place = '/spool/a\n"b\\\u2028é';
  assert.deepEqual(parseRecord(place, formatRecord(place, recordOf())), recordOf());
});

test("a record under the name of another maildrop is none", () => {
  assert.equal(parseRecord("/spool/ben", formatRecord(PLACE, recordOf())), undefined);
});

test("a record that was cut off anywhere is none", () => {
  const whole = formatRecord(PLACE, recordOf());
  for (let length = 0; length < whole.length; length++) {
    assert.equal(parseRecord(PLACE, whole.slice(0, length)), undefined, `${length} of ${whole.length}`);
  }
});

test("a record with any octet changed is none", () => {
  const whole = formatRecord(PLACE, recordOf());
  for (let at = 0; at < whole.length; at++) {
    const other = whole[at] === "0" ? "1" : "0";
    assert.equal(parseRecord(PLACE, `${whole.slice(0, at)}${other}${whole.slice(at + 1)}`), undefined, `at ${at}`);
  }
});

for (const [what, record] of [
  ["hashes that do not ascend", recordOf({ sample: Uint32Array.of(2, 1) })],
  ["a hash twice", recordOf({ sample: Uint32Array.of(1, 1) })],
  ["more hashes than a sample holds", recordOf({ sample: Uint32Array.from({ length: SAMPLE_SIZE + 1 }, (_, n) => n) })],
  ["a count that is no count", recordOf({ count: Number.NaN })],
  ["a count below nothing", recordOf({ count: -1 })],
  ["an inode below nothing", recordOf({ folders: folders(-5) })],
] as const) {
  test(`${what} under a right checksum are no record`, () => {
    assert.equal(parseRecord(PLACE, formatRecord(PLACE, record)), undefined);
  });
}

test("whatever text stands in the file, it is read or refused, and never thrown over", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => parseRecord(PLACE, text) === undefined));
});
