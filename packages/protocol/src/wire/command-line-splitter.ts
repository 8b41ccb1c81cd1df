// Chunks in, command lines out.
//
//   line      = *octet [CR] LF            a bare LF ends a line too; a bare CR does not (docs/adr/0003)
//   too long  = more octets than the caller allows, line end included: reported once, then skipped to its end
//
// Lines are looked at where they arrived. Between two calls of the session only what is not used up is kept, in a copy of
// its own: the chunk may lie in memory that the transport reuses. While an effect is awaited that may be many lines; they
// are read on from a moving start, so that a burst of any length is copied once, or by doubling as it grows.

import { CR, LF } from "../octets.js";

export class CommandLineSplitter {
  #octets: Uint8Array = NOTHING;
  #from = 0;
  #to = 0;
  /** Up to here no LF was found. */
  #searched = 0;
  #skipping = false;
  #borrowed = false;
  #lineStart = 0;
  #lineEnd = 0;

  /** Octets that wait. */
  get held(): number {
    return this.#to - this.#from;
  }

  /** Takes a chunk; it is only looked at until `keep`. */
  push(chunk: Uint8Array): void {
    if (this.held > 0) {
      this.#append(chunk);
      return;
    }
    this.#octets = chunk;
    this.#from = 0;
    this.#searched = 0;
    this.#to = chunk.length;
    this.#borrowed = true;
  }

  /** Copies what is left of a borrowed chunk, and lets go of memory that is no longer needed. */
  keep(): void {
    const held = this.held;
    if (held === 0) {
      this.#octets = NOTHING;
      this.#from = 0;
      this.#to = 0;
      this.#searched = 0;
    } else if (this.#borrowed || held < this.#octets.length / 4) {
      this.#moveTo(held);
    }
    this.#borrowed = false;
  }

  /** Forgets everything received so far. */
  clear(): void {
    this.#to = this.#from;
    this.#skipping = false;
  }

  /**
   * The next complete line as `octets`, `start` and `end`, without its line end; `too-long` once for a line of more than
   * `maxOctets`; undefined when more octets are needed.
   */
  next(maxOctets: number): "line" | "too-long" | undefined {
    if (this.#skipping && !this.#skip()) return undefined;
    const limit = this.#from + maxOctets;
    const end = this.#findLineFeed(Math.min(this.#to, limit));
    if (end === undefined) return this.#to >= limit ? this.#refuse() : undefined;
    this.#lineStart = this.#from;
    this.#lineEnd = end > this.#from && this.#octets[end - 1] === CR ? end - 1 : end;
    this.#advance(end + 1);
    return "line";
  }

  /** The memory the last line lies in. */
  get octets(): Uint8Array {
    return this.#octets;
  }

  get start(): number {
    return this.#lineStart;
  }

  get end(): number {
    return this.#lineEnd;
  }

  #refuse(): "too-long" {
    this.#skipping = true;
    this.#advance(this.#searched);
    return "too-long";
  }

  #skip(): boolean {
    const end = this.#findLineFeed(this.#to);
    this.#advance(end === undefined ? this.#to : end + 1);
    this.#skipping = end === undefined;
    return !this.#skipping;
  }

  #advance(to: number): void {
    this.#from = to;
    this.#searched = to;
  }

  #findLineFeed(before: number): number | undefined {
    const octets = this.#octets;
    for (let at = this.#searched; at < before; at++) {
      if (octets[at] === LF) return at;
    }
    this.#searched = Math.max(this.#searched, before);
    return undefined;
  }

  #append(chunk: Uint8Array): void {
    const needed = this.held + chunk.length;
    if (this.#borrowed || this.#to + chunk.length > this.#octets.length) {
      this.#moveTo(needed <= this.#octets.length / 2 ? this.#octets.length : 2 * needed);
    }
    this.#octets.set(chunk, this.#to);
    this.#to += chunk.length;
  }

  #moveTo(capacity: number): void {
    const target = new Uint8Array(capacity);
    target.set(this.#octets.subarray(this.#from, this.#to));
    this.#searched -= this.#from;
    this.#to -= this.#from;
    this.#from = 0;
    this.#octets = target;
    this.#borrowed = false;
  }
}

const NOTHING = new Uint8Array(0);
