// Which messages are marked as deleted (RFC 1939 §5, DELE). One bit a message, made with the first DELE; the sums that STAT
// needs are kept, not counted (D27: no search in a list).

import { type MessageNumber, messageNumberAt } from "../message-number.js";
import { octetAt } from "../octets.js";
import type { Listing } from "./listing.js";

export class DeletionMarks {
  readonly #listing: Listing;
  #bits: Uint8Array | undefined;
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
    this.#bits ??= new Uint8Array((this.#listing.count + 7) >>> 3);
    const position = message - 1;
    const eight = position >>> 3;
    this.#bits[eight] = octetAt(this.#bits, eight) | (1 << (position & 7));
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
    const eight = this.#bits?.[position >>> 3] ?? 0;
    return ((eight >>> (position & 7)) & 1) === 1;
  }
}
