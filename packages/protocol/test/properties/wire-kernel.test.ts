import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { createScalarKernel } from "#protocol/wire/scalar-kernel";
import { createSimdKernel } from "#protocol/wire/simd-kernel";
import { closingOctets, NOTHING_BEFORE } from "#protocol/wire/wire-kernel";
import { announcedOctets, encodeChunks } from "../support/kernel-runs.js";
import { cutFiles } from "../support/messages.js";
import { octetsOf, textOf } from "../support/octets.js";
import { canonicalOf, decodeMultiLine } from "../support/wire-decoder.js";

const MAX_OCTETS = 400;
const MEMORY = 2048;

const scalar = createScalarKernel(MEMORY);
const simd = createSimdKernel(MEMORY) ?? assert.fail("no WebAssembly SIMD");
const kernels = Object.entries({ scalar, simd });

const placements = fc.record({
  from: fc.integer({ min: 0, max: 47 }),
  to: fc.integer({ min: 600, max: 647 }),
});

describe("every wire kernel", () => {
  for (const [name, kernel] of kernels) {
    test(`RFC 1939 §3: a client gets the canonical stream back (${name})`, () => {
      fc.assert(
        fc.property(cutFiles(MAX_OCTETS), placements, ({ file, chunks }, at) => {
          const closing = closingOctets(file.at(-1) ?? NOTHING_BEFORE) === 2 ? "\r\n" : "";
          const wire = `${textOf(encodeChunks(kernel, chunks, at))}${closing}.\r\n`;
          assert.equal(decodeMultiLine(wire), canonicalOf(textOf(file)));
        }),
        { numRuns: 500 },
      );
    });

    test(`octets announced are octets sent before byte-stuffing (${name})`, () => {
      fc.assert(
        fc.property(cutFiles(MAX_OCTETS), placements, ({ file, chunks }, { from }) => {
          assert.equal(announcedOctets(kernel, chunks, from), canonicalOf(textOf(file)).length);
        }),
        { numRuns: 500 },
      );
    });
  }
});

describe("the SIMD kernel and its twin", () => {
  test("agree on any octets, cut anywhere, at any alignment", () => {
    fc.assert(
      fc.property(cutFiles(MAX_OCTETS), placements, ({ chunks }, at) => {
        assert.deepEqual(encodeChunks(simd, chunks, at), encodeChunks(scalar, chunks, at));
        assert.equal(announcedOctets(simd, chunks, at.from), announcedOctets(scalar, chunks, at.from));
      }),
      { numRuns: 1000 },
    );
  });

  test("agree on any octet before the chunk", () => {
    const chunk = octetsOf("\n.\r\n..\n");
    for (const kernel of [scalar, simd]) kernel.memory.set(chunk);
    for (let previous = NOTHING_BEFORE; previous <= 255; previous++) {
      assert.equal(encodedText(simd, chunk.length, previous), encodedText(scalar, chunk.length, previous));
      assert.equal(simd.countAdded(0, chunk.length, previous), scalar.countAdded(0, chunk.length, previous));
    }
  });

  for (const pattern of ["\n", ".\n", "\r\n", "\n.", "\r\n.", "ab\n", "...........\n", "\r", "."])
    test(`agree on ${JSON.stringify(pattern)} repeated, for every tail and alignment`, () => {
      for (let length = 0; length < 48; length++)
        for (let offset = 0; offset < 16; offset++) {
          const chunk = octetsOf(pattern.repeat(48))
            .subarray(offset % pattern.length)
            .subarray(0, length);
          const at = { from: offset, to: 600 + ((offset * 7) % 16) };
          assert.deepEqual(encodeChunks(simd, [chunk], at), encodeChunks(scalar, [chunk], at));
        }
    });
});

function encodedText(kernel: typeof scalar, length: number, previous: number): string {
  return textOf(kernel.memory.slice(100, 100 + kernel.encode(0, length, 100, previous)));
}
