// What a maildrop held when it was opened: the octets and unique-id of each message, and the two listings made of them.

import type { MessageNumber } from "../message-number.js";

/** Where a listing takes its facts from; positions are 0-based. */
export interface ListingSource {
  readonly count: number;
  /** Octets of the message on the wire, before byte-stuffing. */
  octetsAt(position: number): number;
  /** 1–70 octets of 0x21–0x7E (RFC 1939 §7). */
  uniqueIdAt(position: number): string;
}

/** Immutable, and shared by all sessions that opened the same maildrop unchanged. */
export class Listing {
  readonly #source: ListingSource;

  constructor(source: ListingSource) {
    this.#source = source;
  }

  get count(): number {
    return this.#source.count;
  }

  octets(message: MessageNumber): number {
    return this.#source.octetsAt(message - 1);
  }
}
