import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { decodeBase64, encodeBase64 } from "#protocol/grammar/base64";
import { spanOf } from "../support/spans.js";

const REFUSED = [
  "A",
  "AA",
  "AAA",
  "AA=",
  "A===",
  "====",
  "=",
  "==",
  "AAAA=",
  "AA==AA==",
  "A=AA",
  "AAA=A",
  "AB==",
  "AAB=",
  "AA A",
  "AA-_",
  "AAA\xff",
  "AAA\n",
];

describe("base64", () => {
  test("RFC 4648 §4: is what the platform makes of any octets, and reads back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (octets) => {
        const text = encodeBase64(octets);
        assert.equal(text, Buffer.from(octets).toString("base64"));
        assert.deepEqual(decodeBase64(spanOf(text)), octets);
      }),
    );
  });

  test("RFC 5034 §4: is read only where the platform would write it so", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("A", "B", "/", "+", "9", "=", "-"), maxLength: 8 }), (text) => {
        const octets = Buffer.from(text, "base64");
        const isCanonical = octets.toString("base64") === text;
        const expected = isCanonical ? Uint8Array.from(octets) : undefined;
        assert.deepEqual(decodeBase64(spanOf(text)), expected);
      }),
      { numRuns: 2000 },
    );
  });

  for (const text of REFUSED) {
    test(`RFC 5034 §4: ${JSON.stringify(text)} is refused`, () => assert.equal(decodeBase64(spanOf(text)), undefined));
  }
});
