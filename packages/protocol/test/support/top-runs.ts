// TOP over a message cut into chunks, and what it should give, by a model that holds the whole message as lines.

import type { TopCut } from "#protocol/wire/top-cut";

/** The answer, taken from the chunks as a driver does; chunks after the cut is satisfied are offered too. */
export const takeChunks = (cut: TopCut, chunks: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat(chunks.map((chunk) => chunk.subarray(0, cut.take(chunk, chunk.length))));

export function topOf(file: string, bodyLines: number): string {
  const lines = file.split(/(?<=\n)/);
  const blank = lines.findIndex((line) => line === "\n" || line === "\r\n");
  return blank === -1 ? file : lines.slice(0, blank + 1 + bodyLines).join("");
}
