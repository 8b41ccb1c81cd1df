// Bounds the lines of one event within a second, and tells afterwards how many were left out.

import type { Clock } from "../clock.js";
import type { EventName } from "./events.js";

export class FloodGate {
  readonly #clock: Clock;
  readonly #onSuppressed: (event: EventName, lines: number) => void;
  readonly #counts = new Map<EventName, number>();
  #open = false;

  constructor(clock: Clock, onSuppressed: (event: EventName, lines: number) => void) {
    this.#clock = clock;
    this.#onSuppressed = onSuppressed;
  }

  /** May this line be written? */
  admits(event: EventName): boolean {
    if (!this.#open) {
      this.#open = true;
      this.#clock.after(WINDOW_MS, () => this.settle());
    }
    const count = (this.#counts.get(event) ?? 0) + 1;
    this.#counts.set(event, count);
    return count <= MOST_LINES;
  }

  /** Ends the window: tells what was left out in it. */
  settle(): void {
    this.#open = false;
    for (const [event, count] of this.#counts) {
      if (count > MOST_LINES) this.#onSuppressed(event, count - MOST_LINES);
    }
    this.#counts.clear();
  }
}

const WINDOW_MS = 1000;
const MOST_LINES = 1000;
