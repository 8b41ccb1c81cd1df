// Where the answer to TOP ends (RFC 1939 §7): after the header, the blank line that closes it, and so many lines of the body.
// Works on the octets of the file, before encoding; a line ends in LF or CRLF.

import { CR, LF } from "../octets.js";

/** Cuts one message for one TOP. A message without a blank line is all header. */
export class TopCut {
  #linesLeft: number;
  #inHeader = true;
  #line: LineSoFar = "empty";

  /** `bodyLines`: how many lines of the body are wanted, 0 or more. */
  constructor(bodyLines: number) {
    this.#linesLeft = bodyLines;
  }

  /** Nothing of what follows belongs to the answer: the file need not be read on. */
  get satisfied(): boolean {
    return !this.#inHeader && this.#linesLeft === 0;
  }

  /** How many of the next `length` octets of the message, which stand at the start of `chunk`, belong to the answer. */
  take(chunk: Uint8Array, length: number): number {
    const octets = chunk.subarray(0, length);
    return this.#takeBody(octets, this.#inHeader ? this.#takeHeader(octets) : 0);
  }

  #takeHeader(octets: Uint8Array): number {
    let start = 0;
    while (this.#inHeader) {
      const lf = octets.indexOf(LF, start);
      if (lf === -1) {
        this.#line = this.#lineWith(octets, start, octets.length);
        return octets.length;
      }
      this.#inHeader = this.#lineWith(octets, start, lf) === "text";
      this.#line = "empty";
      start = lf + 1;
    }
    return start;
  }

  #lineWith(octets: Uint8Array, start: number, end: number): LineSoFar {
    if (start === end) return this.#line;
    return this.#line === "empty" && end - start === 1 && octets[start] === CR ? "cr" : "text";
  }

  #takeBody(octets: Uint8Array, start: number): number {
    let end = start;
    while (this.#linesLeft > 0) {
      const lf = octets.indexOf(LF, end);
      if (lf === -1) return octets.length;
      end = lf + 1;
      this.#linesLeft--;
    }
    return end;
  }
}

/** What the header line under way holds; at its LF it is the blank line unless it is text. */
type LineSoFar = "empty" | "cr" | "text";
