// The wire kernel in plain TypeScript: what runs where WebAssembly SIMD is missing, and what the tests hold the SIMD one against.

import { CR, DOT, LF } from "../octets.js";
import { NOTHING_BEFORE, type WireKernel } from "./wire-kernel.js";

/** A kernel over `octets` octets of memory of its own. */
export function createScalarKernel(octets: number): WireKernel {
  const memory = new Uint8Array(octets);
  const chunkAt = (from: number, length: number) => memory.subarray(from, from + length);
  let stuffed = 0;
  return {
    memory,
    encode(from, length, to, previous) {
      const written = encode(memory, chunkAt(from, length), to, previous);
      stuffed = written - length - countAdded(chunkAt(from, length), previous);
      return written;
    },
    stuffed: () => stuffed,
    countAdded: (from, length, previous) => countAdded(chunkAt(from, length), previous),
  };
}

function encode(memory: Uint8Array, chunk: Uint8Array, to: number, previous: number): number {
  let before = previous;
  let end = to;
  for (const octet of chunk) {
    if (needsCr(octet, before)) memory[end++] = CR;
    else if (needsStuffing(octet, before)) memory[end++] = DOT;
    memory[end++] = octet;
    before = octet;
  }
  return end - to;
}

function countAdded(chunk: Uint8Array, previous: number): number {
  let before = previous;
  let added = 0;
  for (const octet of chunk) {
    if (needsCr(octet, before)) added++;
    before = octet;
  }
  return added;
}

/** RFC 1939 §3: every line of a multi-line response ends in CRLF. */
const needsCr = (octet: number, before: number): boolean => octet === LF && before !== CR;

/** RFC 1939 §3: a line that begins with the termination octet is byte-stuffed. */
const needsStuffing = (octet: number, before: number): boolean =>
  octet === DOT && (before === LF || before === NOTHING_BEFORE);
