// Runs a kernel over whole messages and over messages cut into chunks, as a driver does.

import assert from "node:assert/strict";
import { closingOctets, NOTHING_BEFORE, OVERSTORE_OCTETS, type WireKernel } from "#protocol/wire/wire-kernel";

const CANARY = 0xa5;
/** Octets that lie around the chunk: if one of them were looked at, the result would be another. */
const DECOY = 0x0a;
const DECOY_OCTETS = 16;

export interface Placement {
  readonly from: number;
  readonly to: number;
}

/** The octets of all chunks one after the other, encoded; checks that nothing outside the promised region is touched. */
export function encodeChunks(kernel: WireKernel, chunks: readonly Uint8Array[], at: Placement): Uint8Array {
  const pieces: Uint8Array[] = [];
  let previous = NOTHING_BEFORE;
  for (const chunk of chunks) {
    pieces.push(encodeChunk(kernel, chunk, { ...at, previous }));
    previous = chunk.at(-1) ?? previous;
  }
  return Buffer.concat(pieces);
}

function encodeChunk(kernel: WireKernel, chunk: Uint8Array, at: Placement & { previous: number }): Uint8Array {
  const { memory } = kernel;
  memory.fill(CANARY);
  layOut(memory, chunk, at.from);
  const before = memory.slice();
  const written = kernel.encode(at.from, chunk.length, at.to, at.previous);
  assert.ok(written >= chunk.length && written <= 2 * chunk.length, `${written} octets from ${chunk.length}`);
  const stuffed = kernel.stuffed();
  assert.equal(
    written - stuffed,
    chunk.length + kernel.countAdded(at.from, chunk.length, at.previous),
    "canonical octets",
  );
  const encoded = memory.slice(at.to, at.to + written);
  const end = Math.min(memory.length, at.to + written + OVERSTORE_OCTETS);
  memory.set(before.subarray(at.to, end), at.to);
  assert.deepEqual(memory, before, "nothing but the region and its slack is touched");
  return encoded;
}

function layOut(memory: Uint8Array, chunk: Uint8Array, from: number): void {
  memory.fill(DECOY, Math.max(0, from - DECOY_OCTETS), from + chunk.length + DECOY_OCTETS);
  memory.set(chunk, from);
}

/** Octets of the canonical stream of the message that the chunks make: the number announced by LIST and STAT. */
export function announcedOctets(kernel: WireKernel, chunks: readonly Uint8Array[], from: number): number {
  let previous = NOTHING_BEFORE;
  let octets = 0;
  for (const chunk of chunks) {
    layOut(kernel.memory, chunk, from);
    octets += chunk.length + kernel.countAdded(from, chunk.length, previous);
    previous = chunk.at(-1) ?? previous;
  }
  return octets + closingOctets(previous);
}
