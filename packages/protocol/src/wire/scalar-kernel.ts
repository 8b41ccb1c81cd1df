// The wire kernel in plain TypeScript: what runs where WebAssembly SIMD is missing, and what the tests hold the SIMD one against.

import { CR, DOT, LF } from "../octets.js";
import { NOTHING_BEFORE, type WireKernel } from "./wire-kernel.js";

/** A kernel over `octets` octets of memory of its own. */
export function createScalarKernel(octets: number): WireKernel {
  const memory = new Uint8Array(octets);
  return {
    memory,
    encode: (from, length, to, previous) => encode(memory, memory.subarray(from, from + length), to, previous),
    countAdded: (from, length, previous) => countAdded(memory.subarray(from, from + length), previous),
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
