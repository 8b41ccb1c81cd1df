// Which messages are marked as deleted (RFC 1939 §5, DELE). One bit a message, made with the first DELE; the sums that STAT
// needs are kept, not counted (D27: no search in a list).

import { type MessageNumber, messageNumberAt } from "../message-number.js";
import type { Listing } from "./listing.js";

export class DeletionMarks {
  readonly #listing: Listing;
  #bits: Uint32Array | undefined;
  #count = 0;
  #octets = 0;

  constructor(listing: Listing) {
    this.#listing = listing;
  }

  /** Marked messages. */
  get count(): number {
    return this.#count;
  }

  /** Octets of the marked messages together. */
  get octets(): number {
    return this.#octets;
  }

  has(message: MessageNumber): boolean {
    return this.#hasPosition(message - 1);
  }

  /** Tells by 0-based position what a listing leaves out; undefined while nothing is marked. */
  asFilter(): ((position: number) => boolean) | undefined {
    return this.#count === 0 ? undefined : (position) => this.#hasPosition(position);
  }

  /** Marks a message that is not marked yet. */
  add(message: MessageNumber): void {
    this.#bits ??= new Uint32Array((this.#listing.count + 31) >>> 5);
    const position = message - 1;
    const word = position >>> 5;
    this.#bits[word] = (this.#bits[word] ?? 0) | (1 << (position & 31));
    this.#count++;
    this.#octets += this.#listing.octets(message);
  }

  /** RSET: no message is marked any more. */
  clear(): void {
    this.#bits = undefined;
    this.#count = 0;
    this.#octets = 0;
  }

  /** The marked messages, in rising order. */
  inOrder(): MessageNumber[] {
    const marked: MessageNumber[] = [];
    if (this.#count === 0) return marked;
    for (let position = 0; position < this.#listing.count; position++) {
      if (this.#hasPosition(position)) marked.push(messageNumberAt(position));
    }
    return marked;
  }

  #hasPosition(position: number): boolean {
    const word = this.#bits?.[position >>> 5] ?? 0;
    return ((word >>> (position & 31)) & 1) === 1;
  }
}
