// The maildrops that were opened last, within a bound of memory: the longest unused goes first.

import type { KnownMaildrop } from "./known-maildrop.js";

export class TableCache {
  readonly #capacity: number;
  /** In the order of their last use. */
  readonly #known = new Map<string, { readonly known: KnownMaildrop; readonly octets: number }>();
  #octets = 0;

  /** `capacity` in octets. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(root: string): KnownMaildrop | undefined {
    const entry = this.#known.get(root);
    if (entry === undefined) return undefined;
    this.#known.delete(root);
    this.#known.set(root, entry);
    return entry.known;
  }

  set(root: string, known: KnownMaildrop): void {
    this.delete(root);
    const octets = known.byteLength + ENTRY;
    this.#known.set(root, { known, octets });
    this.#octets += octets;
    for (const oldest of this.#known.keys()) {
      if (this.#octets <= this.#capacity) return;
      this.delete(oldest);
    }
  }

  delete(root: string): void {
    this.#octets -= this.#known.get(root)?.octets ?? 0;
    this.#known.delete(root);
  }
}

/** What an entry takes besides its columns. */
const ENTRY = 2_048;
