// What a maildrop held when it was opened: the octets and unique-id of each message, and the two listings made of them.

import type { MessageNumber } from "../message-number.js";
import { isUniqueId } from "../unique-id.js";
import type { ListingSource } from "./listing-source.js";
import { renderScanListing, renderUniqueIdListing } from "./render-listing.js";

/** Immutable, and shared by all sessions that opened the same maildrop unchanged. */
export class Listing {
  readonly #source: ListingSource;
  #totalOctets: number | undefined;
  #scanListing: Uint8Array | undefined;
  #uniqueIdListing: Uint8Array | undefined;

  constructor(source: ListingSource) {
    this.#source = source;
  }

  get count(): number {
    return this.#source.count;
  }

  /** Octets of all messages together. */
  get totalOctets(): number {
    this.#totalOctets ??= sumOfOctets(this.#source);
    return this.#totalOctets;
  }

  octets(message: MessageNumber): number {
    return this.#source.octetsAt(message - 1);
  }

  /** Undefined when the source has one that RFC 1939 §7 forbids: no line of ours is ever broken by it. */
  uniqueId(message: MessageNumber): string | undefined {
    const uniqueId = this.#source.uniqueIdAt(message - 1);
    return isUniqueId(uniqueId) ? uniqueId : undefined;
  }

  /** The lines of LIST and the termination octet, without the messages that `isLeftOut` names. Made once when none is. */
  scanListing(isLeftOut?: (position: number) => boolean): Uint8Array {
    if (isLeftOut !== undefined) return renderScanListing(this.#source, isLeftOut);
    this.#scanListing ??= renderScanListing(this.#source);
    return this.#scanListing;
  }

  /** The lines of UIDL, likewise. */
  uniqueIdListing(isLeftOut?: (position: number) => boolean): Uint8Array {
    if (isLeftOut !== undefined) return renderUniqueIdListing(this.#source, isLeftOut);
    this.#uniqueIdListing ??= renderUniqueIdListing(this.#source);
    return this.#uniqueIdListing;
  }
}

function sumOfOctets(source: ListingSource): number {
  let sum = 0;
  for (let position = 0; position < source.count; position++) sum += source.octetsAt(position);
  return sum;
}
