// How far a long command has come, on standard error: a bar that is drawn over itself on a terminal, a line for each tenth elsewhere.

import type { Clock } from "../clock.js";
import type { Terminal } from "./terminal.js";

type ErrorStream = Pick<Terminal, "err" | "errIsTerminal">;

interface Counted {
  readonly total: number;
  readonly what: string;
}

export class Progress {
  readonly #terminal: ErrorStream;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #total: number;
  readonly #what: string;
  #done = 0;
  #drawnAt = Number.NEGATIVE_INFINITY;

  /** `what`: the things that are counted, in the plural. A single one is not worth a word. */
  constructor(terminal: ErrorStream, clock: Pick<Clock, "monotonic">, { total, what }: Counted) {
    this.#terminal = terminal;
    this.#clock = clock;
    this.#total = total;
    this.#what = what;
  }

  /** One more is done. */
  step(): void {
    this.#done += 1;
    if (this.#total < 2) return;
    if (this.#terminal.errIsTerminal) this.#draw();
    else if (tenths(this.#done, this.#total) > tenths(this.#done - 1, this.#total)) {
      this.#terminal.err(`${this.#counted()}\n`);
    }
  }

  /** Leaves the line free for what is said next. */
  end(): void {
    if (this.#terminal.errIsTerminal && this.#total > 1) this.#terminal.err(ERASE);
  }

  #draw(): void {
    const now = this.#clock.monotonic();
    if (now - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = now;
    const filled = Math.floor((this.#done / this.#total) * BAR_WIDTH);
    this.#terminal.err(`${ERASE}[${"#".repeat(filled).padEnd(BAR_WIDTH, ".")}] ${this.#counted()}`);
  }

  #counted(): string {
    return `${this.#done} of ${this.#total} ${this.#what}`;
  }
}

const tenths = (done: number, total: number): number => Math.floor((done * 10) / total);

/** To the start of the line, and what stands there erased. */
const ERASE = "\r\x1b[K";
const BAR_WIDTH = 40;
const REDRAW_MS = 100;
