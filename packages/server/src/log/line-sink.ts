// Where lines go: a file or standard error, never in the way of the server.
//
// Lines gather for some milliseconds, and while a write is under way, and leave together: a write for each would wake a thread
// of the pool for each. Into a pipe they leave in pieces that it keeps together, because the workers of a pool share it.
//
// A disk that is full or a reader that is gone or asleep costs lines, which are counted and told later; it never throws, blocks
// the event loop or grows memory past a bound.

import { closeSync, constants, fstatSync, openSync, write, writeSync } from "node:fs";

/** Hears how many lines were lost and why, once lines can be written again. */
export type LossListener = (lines: number, error: string) => void;

export class LineSink {
  readonly #file: string | undefined;
  readonly #onLost: LossListener;
  #fd: number;
  /** Octets that no other process can come between. */
  readonly #together: number;
  #waiting = "";
  #waitingLines = 0;
  #lost = 0;
  #lossError = "";
  #state: "idle" | "scheduled" | "writing" = "idle";
  #whenIdle: (() => void)[] = [];

  /** Opens `file` for appending, or takes standard error. Throws when it cannot be opened. */
  constructor(file: string | undefined, onLost: LossListener) {
    this.#file = file;
    this.#onLost = onLost;
    this.#fd = file === undefined ? STANDARD_ERROR : openForAppending(file);
    this.#together = fstatSync(this.#fd).isFile() ? Number.POSITIVE_INFINITY : PIPE_BUF;
  }

  get file(): string | undefined {
    return this.#file;
  }

  write(line: string): void {
    if (this.#waiting.length + line.length > MOST_WAITING) {
      this.#lose(1, "the reader of the log is too slow");
      return;
    }
    this.#waiting += `${line}\n`;
    this.#waitingLines += 1;
    if (this.#state !== "idle") return;
    this.#state = "scheduled";
    setTimeout(() => this.#flush(), GATHER_MS);
  }

  /** Goes on in the file of that name, which another program may have moved away. Throws and changes nothing when it cannot be opened. */
  reopen(): void {
    if (this.#file === undefined) return;
    const fd = openForAppending(this.#file);
    const old = this.#fd;
    this.#fd = fd;
    this.#afterWrites(() => closeQuietly(old));
  }

  /** Resolves once every line is out or lost. */
  drained(): Promise<void> {
    return new Promise((resolve) => this.#afterWrites(resolve));
  }

  /** Writes what waits before it returns: for the last moment of a process. */
  flushNow(): void {
    let { octets } = this.#take();
    try {
      while (octets.length > 0) octets = octets.subarray(writeSync(this.#fd, this.#pieceOf(octets)));
    } catch {
      // Nobody is left to be told.
    }
  }

  #flush(): void {
    if (this.#waitingLines === 0) {
      this.#rest();
      return;
    }
    this.#state = "writing";
    const { octets, lines } = this.#take();
    this.#put({ fd: this.#fd, octets, lines });
  }

  #put(batch: Batch): void {
    write(batch.fd, this.#pieceOf(batch.octets), (error, written) => {
      if (error?.code === "EAGAIN") return void setTimeout(() => this.#put(batch), RETRY_MS);
      if (error) this.#lose(batch.lines, error.code ?? error.message);
      else if (written < batch.octets.length) return this.#put({ ...batch, octets: batch.octets.subarray(written) });
      else this.#tellLoss();
      this.#flush();
    });
  }

  /** Whole lines, if one is not longer than that. */
  #pieceOf(octets: Uint8Array): Uint8Array {
    if (octets.length <= this.#together) return octets;
    const end = octets.lastIndexOf(LF, this.#together - 1) + 1;
    return octets.subarray(0, end > 0 ? end : this.#together);
  }

  #rest(): void {
    this.#state = "idle";
    for (const done of this.#whenIdle.splice(0)) done();
  }

  #take(): { readonly octets: Uint8Array; readonly lines: number } {
    const taken = { octets: Buffer.from(this.#waiting, "utf8"), lines: this.#waitingLines };
    this.#waiting = "";
    this.#waitingLines = 0;
    return taken;
  }

  #lose(lines: number, error: string): void {
    this.#lost += lines;
    this.#lossError = error;
  }

  #tellLoss(): void {
    if (this.#lost === 0) return;
    const lines = this.#lost;
    this.#lost = 0;
    this.#onLost(lines, this.#lossError);
  }

  #afterWrites(then: () => void): void {
    if (this.#state === "idle") then();
    else this.#whenIdle.push(then);
  }
}

interface Batch {
  readonly fd: number;
  readonly octets: Uint8Array;
  readonly lines: number;
}

/** Group may read: log readers are seldom the mail user. A FIFO that nobody reads is an error (ENXIO), and no wait for a reader. */
const openForAppending = (file: string): number => {
  const fd = openSync(file, APPEND_FLAGS, 0o640);
  if (!fstatSync(fd).isDirectory()) return fd;
  closeSync(fd);
  throw new Error(`${file} is a directory`);
};

const closeQuietly = (fd: number): void => {
  try {
    closeSync(fd);
  } catch {
    // The lines are out; a descriptor that is already closed is what was wanted.
  }
};

const APPEND_FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
const LF = 0x0a;
const STANDARD_ERROR = 2;
/** Linux: a write of so many octets to a pipe comes whole, or not at all (pipe(7)). */
const PIPE_BUF = 4_096;
const MOST_WAITING = 4_194_304;
const GATHER_MS = 10;
const RETRY_MS = 20;
