// Whether octets may be among many others, in one octet for each of those: "no" is certain, "yes" is wrong at most once in forty times.

import { hashOf, mixed } from "../maildir/unique-name-map.js";

export class OctetFilter {
  readonly #bits: Uint32Array;

  /** For `items` runs of octets, more or less. */
  constructor(items: number) {
    let words = WORDS_MIN;
    while (words * 32 < items * BITS_EACH) words *= 2;
    this.#bits = new Uint32Array(words);
  }

  get byteLength(): number {
    return this.#bits.byteLength;
  }

  add(octets: Uint8Array, start: number, length: number): void {
    let hash = hashOf(octets, start, length);
    for (let probe = 0; probe < PROBES; probe++) {
      const word = this.#wordOf(hash);
      this.#bits[word] = (this.#bits[word] ?? 0) | (1 << (hash & 31));
      hash = mixed(hash + STEP);
    }
  }

  mayHold(octets: Uint8Array, start: number, length: number): boolean {
    let hash = hashOf(octets, start, length);
    for (let probe = 0; probe < PROBES; probe++) {
      if (((this.#bits[this.#wordOf(hash)] ?? 0) & (1 << (hash & 31))) === 0) return false;
      hash = mixed(hash + STEP);
    }
    return true;
  }

  #wordOf(hash: number): number {
    return (hash >>> 5) & (this.#bits.length - 1);
  }
}

const BITS_EACH = 8;
const PROBES = 4;
/** With few items, hardly ever wrong. */
const WORDS_MIN = 64;
const STEP = 0x9e3779b9;
