/** Where a listing takes its facts from; positions are 0-based. */
export interface ListingSource {
  readonly count: number;
  /** Octets of the message on the wire, before byte-stuffing. */
  octetsAt(position: number): number;
  /** 1–70 octets of 0x21–0x7E (RFC 1939 §7). */
  uniqueIdAt(position: number): string;
  /**
   * Writes the octets of the unique-id to `target` from `at` on, returns how many. At least 70 octets have room.
   * For a source that holds octets: the listing of a big maildrop then needs no text of each.
   */
  copyUniqueId?(position: number, target: Uint8Array, at: number): number;
}
