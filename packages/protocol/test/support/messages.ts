// Generators of files: every octet can occur, and those that have a meaning occur often, at every distance from a block's border.

import fc from "fast-check";

const octet = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0x0a) },
  { weight: 3, arbitrary: fc.constant(0x0d) },
  { weight: 3, arbitrary: fc.constant(0x2e) },
  { weight: 1, arbitrary: fc.constantFrom(0x00, 0x8a, 0x8d, 0xae, 0xff) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 255 }) },
);

const run = fc
  .tuple(octet, fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 40 })))
  .map(([value, length]) => new Uint8Array(length).fill(value));

/** Up to `maxOctets` octets. */
const files = (maxOctets: number): fc.Arbitrary<Uint8Array> =>
  fc.array(run, { maxLength: 40 }).map((runs) => new Uint8Array(Buffer.concat(runs).subarray(0, maxOctets)));

/** A file and the same file cut into chunks, some of them empty. */
export const cutFiles = (maxOctets: number): fc.Arbitrary<{ file: Uint8Array; chunks: readonly Uint8Array[] }> =>
  fc
    .tuple(files(maxOctets), fc.array(fc.nat(maxOctets), { maxLength: 6 }))
    .map(([file, places]) => ({ file, chunks: cutAt(file, places) }));

function cutAt(file: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
  const borders = [0, ...places.map((place) => place % (file.length + 1)), file.length].sort((a, b) => a - b);
  return borders.slice(1).map((end, index) => file.subarray(borders[index], end));
}
