// How octets are counted is decided by the caller, so that one rule holds everywhere; storage only feeds files through it.

/** Counts the octets a message will have once every line ends in CRLF. Stateless: chunks are tied together by the octet before them. */
export interface OctetRule {
  /** Memory that synchronous reads may use as their target; counting a chunk that lies in it copies nothing. */
  readonly window: Uint8Array;
  /** Octets to be added to the first `length` octets of `chunk`; `previous` is the octet before them, -1 at the start of a file. */
  added(chunk: Uint8Array, length: number, previous: number): number;
  /** Octets to be added after the last octet of the file; -1 for an empty file. */
  addedAtEnd(last: number): number;
}
