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
  readonly #rule: OctetRule;
  /** Targets for reads that are not done when the call returns; each belongs to one reader until it comes back. */
  readonly #spare: Uint8Array[] = [];

  constructor(rule: OctetRule) {
    this.#rule = rule;
  }

  /**
   * Measures the file at `path`. Throws or rejects with what the file system says. Most messages end within the window: for
   * them it is one call.
   */
  measure(fs: FileSystem, path: string): Eventually<Measured> {
    if (!fs.isSync) return this.#measureWhole(fs, path);
    const { window } = this.#rule;
    const length = fs.readAtOnce(path, window);
    return length < window.length ? this.#measuredAtOnce(length) : this.#measureWhole(fs, path);
  }

  /** The window is everybody's, so nothing may happen between reading and counting. */
  #measuredAtOnce(fileOctets: number): Measured {
    const { window } = this.#rule;
    if (fileOctets === 0) return { octets: this.#rule.addedAtEnd(-1), fileOctets };
    const added = this.#rule.added(window, fileOctets, -1) + this.#rule.addedAtEnd(window[fileOctets - 1] ?? -1);
    return { octets: fileOctets + added, fileOctets };
  }

  #measureWhole(fs: FileSystem, path: string): Eventually<Measured> {
    const fd = fs.openRead(path);
    return fd instanceof Promise
      ? fd.then((opened) => this.#measureAndClose(fs, opened))
      : this.#measureAndClose(fs, fd);
  }

  /** The canonical octets of an open file from its first octet on, wherever its read position stands. */
  count(fs: FileSystem, fd: number): Eventually<number> {
    const measured = this.#measureOpen(fs, fd);
    return measured instanceof Promise ? measured.then(({ octets }) => octets) : measured.octets;
  }

  #measureAndClose(fs: FileSystem, fd: number): Eventually<Measured> {
    let measured: Eventually<Measured> | undefined;
    try {
      measured = this.#measureOpen(fs, fd);
    } finally {
      if (!(measured instanceof Promise)) fs.close(fd);
    }
    return measured instanceof Promise ? measured.finally(() => fs.close(fd)) : measured;
  }

  #measureOpen(fs: FileSystem, fd: number): Eventually<Measured> {
    const tally = new Tally(this.#rule);
    // Most messages end within the window: open, read, close and nothing else.
    return fs.isSync && this.#takeNow(fs, fd, tally) ? tally.total() : this.#measureRest(fs, fd, tally);
  }

  async #measureRest(fs: FileSystem, fd: number, tally: Tally): Promise<Measured> {
    const target = this.#spare.pop() ?? new Uint8Array(ASYNC_CHUNK);
    try {
      for (;;) {
        await fs.yieldIfDue();
        const isEnd = fs.isSync ? this.#takeNow(fs, fd, tally) : await takeLater(fs, { fd, tally, target });
        if (isEnd) return tally.total();
      }
    } finally {
      if (this.#spare.length < SPARE_MAX) this.#spare.push(target);
    }
  }

  /** Whether that was the end of the file. The window is everybody's, so nothing may happen between reading and counting. */
  #takeNow(fs: FileSystem, fd: number, tally: Tally): boolean {
    const { window } = this.#rule;
    const length = fs.read(fd, window, tally.fileOctets);
    if (length instanceof Promise) throw new TypeError("a file system that is synchronous has answered later");
    tally.add(window, length);
    return length < window.length;
  }
}

interface LaterRead {
  readonly fd: number;
  readonly tally: Tally;
  readonly target: Uint8Array;
}

async function takeLater(fs: FileSystem, { fd, tally, target }: LaterRead): Promise<boolean> {
  const length = await fs.read(fd, target, tally.fileOctets);
  tally.add(target, length);
  return length === 0;
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
