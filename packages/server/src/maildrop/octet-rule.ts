// The rule by which storage counts octets is the protocol's own kernel, so that announced and sent octets cannot differ.

import { closingOctets, type WireKernel } from "@postigo/protocol";
import type { OctetRule } from "@postigo/storage";

/** `window`: a region of the kernel's memory; chunks from elsewhere are counted through it piece by piece. */
export function createOctetRule(kernel: WireKernel, window: Uint8Array): OctetRule {
  const base = kernel.memory.byteOffset;
  return {
    window,
    addedAtEnd: closingOctets,
    added(chunk, length, previous) {
      if (chunk.buffer === kernel.memory.buffer) return kernel.countAdded(chunk.byteOffset - base, length, previous);
      return countThrough(kernel, window, { chunk, length, previous });
    },
  };
}

function countThrough(
  kernel: WireKernel,
  window: Uint8Array,
  source: { chunk: Uint8Array; length: number; previous: number },
): number {
  const at = window.byteOffset - kernel.memory.byteOffset;
  let { previous } = source;
  let added = 0;
  for (let done = 0; done < source.length; done += window.length) {
    const piece = source.chunk.subarray(done, Math.min(source.length, done + window.length));
    window.set(piece);
    added += kernel.countAdded(at, piece.length, previous);
    previous = piece[piece.length - 1] ?? previous;
  }
  return added;
}
