// Reads messages for their octets: each once in its life, and the index remembers.

import type { Eventually } from "../eventually.js";
import type { OctetRule } from "../octet-rule.js";
import type { FileSystem } from "../ports/file-system.js";

export interface Measured {
  /** Octets of the canonical form. */
  readonly octets: number;
  readonly fileOctets: number;
}

export class OctetCounter {
  readonly #fs: FileSystem;
  readonly #rule: OctetRule;
  /** Targets for reads that are not done when the call returns; each belongs to one reader until it comes back. */
  readonly #spare: Uint8Array[] = [];

  constructor(fs: FileSystem, rule: OctetRule) {
    this.#fs = fs;
    this.#rule = rule;
  }

  /**
   * Measures the file at `path`. Throws or rejects with what the file system says. Most messages end within the window: for
   * them it is one call.
   */
  measure(path: string): Eventually<Measured> {
    if (!this.#fs.isSync) return this.#measureWhole(path);
    const { window } = this.#rule;
    const length = this.#fs.readAtOnce(path, window);
    return length < window.length ? this.#measuredAtOnce(length) : this.#measureWhole(path);
  }

  /** The window is everybody's, so nothing may happen between reading and counting. */
  #measuredAtOnce(fileOctets: number): Measured {
    const { window } = this.#rule;
    if (fileOctets === 0) return { octets: this.#rule.addedAtEnd(-1), fileOctets };
    const added = this.#rule.added(window, fileOctets, -1) + this.#rule.addedAtEnd(window[fileOctets - 1] ?? -1);
    return { octets: fileOctets + added, fileOctets };
  }

  #measureWhole(path: string): Eventually<Measured> {
    const fd = this.#fs.openRead(path);
    return fd instanceof Promise ? fd.then((opened) => this.#measureAndClose(opened)) : this.#measureAndClose(fd);
  }

  /** The canonical octets of an open file from its first octet on, wherever its read position stands. */
  count(fd: number): Eventually<number> {
    const measured = this.#measureOpen(fd);
    return measured instanceof Promise ? measured.then(({ octets }) => octets) : measured.octets;
  }

  #measureAndClose(fd: number): Eventually<Measured> {
    let measured: Eventually<Measured> | undefined;
    try {
      measured = this.#measureOpen(fd);
    } finally {
      if (!(measured instanceof Promise)) this.#fs.close(fd);
    }
    return measured instanceof Promise ? measured.finally(() => this.#fs.close(fd)) : measured;
  }

  #measureOpen(fd: number): Eventually<Measured> {
    const tally = new Tally(this.#rule);
    // Most messages end within the window: open, read, close and nothing else.
    return this.#fs.isSync && this.#takeNow(fd, tally) ? tally.total() : this.#measureRest(fd, tally);
  }

  async #measureRest(fd: number, tally: Tally): Promise<Measured> {
    const target = this.#spare.pop() ?? new Uint8Array(ASYNC_CHUNK);
    try {
      for (;;) {
        await this.#fs.yieldIfDue();
        const isEnd = this.#fs.isSync ? this.#takeNow(fd, tally) : await this.#takeLater(fd, tally, target);
        if (isEnd) return tally.total();
      }
    } finally {
      if (this.#spare.length < SPARE_MAX) this.#spare.push(target);
    }
  }

  /** Whether that was the end of the file. The window is everybody's, so nothing may happen between reading and counting. */
  #takeNow(fd: number, tally: Tally): boolean {
    const { window } = this.#rule;
    const length = this.#fs.read(fd, window, tally.fileOctets);
    if (length instanceof Promise) throw new TypeError("a file system that is synchronous has answered later");
    tally.add(window, length);
    return length < window.length;
  }

  async #takeLater(fd: number, tally: Tally, target: Uint8Array): Promise<boolean> {
    const length = await this.#fs.read(fd, target, tally.fileOctets);
    tally.add(target, length);
    return length === 0;
  }
}

class Tally {
  readonly #rule: OctetRule;
  fileOctets = 0;
  #added = 0;
  #previous = -1;

  constructor(rule: OctetRule) {
    this.#rule = rule;
  }

  add(chunk: Uint8Array, length: number): void {
    if (length === 0) return;
    this.#added += this.#rule.added(chunk, length, this.#previous);
    this.#previous = chunk[length - 1] ?? -1;
    this.fileOctets += length;
  }

  total(): Measured {
    const { fileOctets } = this;
    return { octets: fileOctets + this.#added + this.#rule.addedAtEnd(this.#previous), fileOctets };
  }
}

const ASYNC_CHUNK = 65_536;
const SPARE_MAX = 16;
