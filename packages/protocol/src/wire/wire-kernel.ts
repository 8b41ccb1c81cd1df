// The two loops that touch every octet of a message, over one fixed memory.
//
//   wire form  = canonical stream, each line that starts with "." given one more (byte-stuffing), then ".\r\n"
//   canonical  = the file with a CR put before each LF that has none; a bare CR stays; a missing last CRLF is supplied
//
// The only state between two chunks is the octet before the chunk: LF or NOTHING_BEFORE = start of a line, CR = the LF that
// may follow needs no CR, anything else = within a line.

/** The octet "before" the first octet of a message. */
export const NOTHING_BEFORE = -1;

/** Octets past the end of an encoded chunk that `encode` may overwrite with rubbish. */
export const OVERSTORE_OCTETS = 16;

export interface WireKernel {
  /** Never grows and never moves: views of it stay valid. Files are read into it, sockets write from it. */
  readonly memory: Uint8Array;
  /**
   * Encodes `length` octets at `from` to `to`, returns the octets written: at most 2 × length.
   * `previous`: the octet before the chunk, or NOTHING_BEFORE. Regions must not overlap; OVERSTORE_OCTETS of slack follow `to`.
   */
  encode(from: number, length: number, to: number, previous: number): number;
  /** Dots that the last `encode` put in for byte-stuffing: so much longer than the canonical stream is what it wrote. */
  stuffed(): number;
  /** Octets (CRs) that the canonical stream has more than these `length` octets at `from`. */
  countAdded(from: number, length: number, previous: number): number;
}

/** Octets the canonical stream supplies after the last octet of a message: CRLF unless the message is empty or ends in LF. */
export const closingOctets = (last: number): 0 | 2 => (last === NOTHING_BEFORE || last === 0x0a ? 0 : 2);
