import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { isUtf8, latin1Text, octetAt, utf8Octets, utf8Text, writeDecimal } from "#protocol/octets";
import { octetsOf, textOf } from "./support/octets.js";
import { spanOf } from "./support/spans.js";

describe("octets and text", () => {
  test("UTF-8 is written as the platform writes it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        assert.deepEqual(utf8Octets(text), Uint8Array.from(Buffer.from(text, "utf8")));
      }),
    );
  });

  test("RFC 3629: UTF-8 is read where it is well-formed, and nowhere else", () => {
    const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const octet = fc.oneof(
      fc.constantFrom(0x25, 0x41, 0x80, 0xbf, 0xc2, 0xe0, 0xa0, 0xed, 0xf0, 0x90, 0xf4),
      fc.nat(255),
    );
    fc.assert(
      fc.property(fc.array(octet, { maxLength: 6 }), (octets) => {
        const expected = decoded(strict, Uint8Array.from(octets));
        const span = spanOf(textOf(Uint8Array.from(octets)));
        assert.equal(utf8Text(span), expected);
        assert.equal(isUtf8(span), expected !== undefined);
      }),
      { numRuns: 5000 },
    );
  });

  test("latin-1 has a character for each octet", () => {
    const all = textOf(Uint8Array.from({ length: 256 }, (_, octet) => octet));
    assert.equal(latin1Text(spanOf(all)), all);
  });

  test("there is nothing but 0 outside of the memory", () => {
    assert.deepEqual(
      [-1, 0, 1, 2].map((at) => octetAt(Uint8Array.of(7, 8), at)),
      [0, 7, 8, 0],
    );
  });

  test("there is nothing but 0 outside of the memory", () => {
    assert.deepEqual(
      [-1, 0, 1, 2].map((at) => octetAt(Uint8Array.of(7, 8), at)),
      [0, 7, 8, 0],
    );
  });

  test("decimal digits are those of the language", () => {
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeNat(), fc.nat(1000)), (value) => {
        const target = octetsOf("x".repeat(20));
        const end = writeDecimal(target, 2, value);
        assert.equal(textOf(target.subarray(0, end)), `xx${value}`);
      }),
    );
  });

  for (const value of [0, 9, 10, 99, 100, 4_294_967_296, Number.MAX_SAFE_INTEGER]) {
    test(`${value} is written whole`, () => {
      const target = new Uint8Array(20);
      assert.equal(textOf(target.subarray(0, writeDecimal(target, 0, value))), String(value));
    });
  }
});

function decoded(decoder: { decode(octets: Uint8Array): string }, octets: Uint8Array): string | undefined {
  try {
    return decoder.decode(octets);
  } catch {
    return undefined;
  }
}
