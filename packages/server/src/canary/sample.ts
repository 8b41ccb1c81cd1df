// A sample of the unique-ids of a maildrop: the smallest of their hashes, as many as SAMPLE_SIZE.
//
// Which ids are drawn depends on the ids alone. So the share of a sample that is still found in a later listing estimates the
// share of all messages that are still there, and what is left of a sample after a removal is a sample of what is left.
// Hashes of 32 bits will do: one that two ids share passes one message in 32 off as known, in one maildrop of thousands.

import type { MessageTable } from "@postigo/storage";

/** Ascending, none twice. */
export type Sample = Uint32Array;

export const SAMPLE_SIZE = 32;

export const EMPTY_SAMPLE: Sample = new Uint32Array(0);

export interface Survey {
  /** Of the messages in the table. */
  readonly sample: Sample;
  /** For each of the earlier samples, what of it the table still holds. */
  readonly kept: readonly Sample[];
}

/** Looks at each message of a table once, in slices that leave the event loop to others. */
export async function survey(table: MessageTable, earlier: readonly Sample[]): Promise<Survey> {
  const draw = new Draw();
  const checks = earlier.map((sample) => new Check(sample));
  for (let from = 0; from < table.count; from += SLICE) {
    if (from > 0) await new Promise((resolve) => setImmediate(resolve));
    for (let position = from; position < Math.min(table.count, from + SLICE); position++) {
      const hash = hashAt(table, position);
      draw.take(hash);
      for (const check of checks) check.meet(hash);
    }
  }
  return { sample: draw.sample(), kept: checks.map((check) => check.met()) };
}

/** What is left of each sample without these messages. */
export function without(
  samples: readonly Sample[],
  table: MessageTable,
  positions: readonly number[],
): readonly Sample[] {
  const checks = samples.map((sample) => new Check(sample));
  for (const position of positions) {
    const hash = hashAt(table, position);
    for (const check of checks) check.meet(hash);
  }
  return checks.map((check) => check.notMet());
}

/** FNV-1a over the octets, then mixed: of ids that differ in their last digits, any may come out smallest. */
function hashAt(table: MessageTable, position: number): number {
  const length = table.copyUniqueId(position, SCRATCH, 0);
  let hash = 0x811c9dc5;
  for (let index = 0; index < length; index++) hash = Math.imul(hash ^ (SCRATCH[index] ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The smallest hashes so far, ascending. */
class Draw {
  readonly #hashes = new Uint32Array(SAMPLE_SIZE);
  #count = 0;

  take(hash: number): void {
    const isFull = this.#count === SAMPLE_SIZE;
    if (isFull && hash >= (this.#hashes[SAMPLE_SIZE - 1] ?? 0)) return;
    const at = placeOf(hash, this.#hashes, this.#count);
    if (at < this.#count && this.#hashes[at] === hash) return;
    this.#hashes.copyWithin(at + 1, at, isFull ? SAMPLE_SIZE - 1 : this.#count);
    this.#hashes[at] = hash;
    if (!isFull) this.#count += 1;
  }

  sample(): Sample {
    return this.#hashes.slice(0, this.#count);
  }
}

/** Which hashes of a sample come by. */
class Check {
  readonly #sample: Sample;
  readonly #isMet: Uint8Array;
  readonly #most: number;

  constructor(sample: Sample) {
    this.#sample = sample;
    this.#isMet = new Uint8Array(sample.length);
    this.#most = sample[sample.length - 1] ?? -1;
  }

  meet(hash: number): void {
    if (hash > this.#most) return;
    const at = placeOf(hash, this.#sample, this.#sample.length);
    if (this.#sample[at] === hash) this.#isMet[at] = 1;
  }

  met(): Sample {
    return this.#sample.filter((_, at) => this.#isMet[at] === 1);
  }

  notMet(): Sample {
    return this.#sample.filter((_, at) => this.#isMet[at] === 0);
  }
}

/** Where `hash` stands, or would stand, among the first `count`. */
function placeOf(hash: number, hashes: Uint32Array, count: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((hashes[middle] ?? 0) < hash) low = middle + 1;
    else high = middle;
  }
  return low;
}

const SLICE = 8192;
/** Room for the longest unique-id. */
const SCRATCH = new Uint8Array(70);
