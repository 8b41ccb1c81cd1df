// Watches a client that does not take what it is sent. Any progress, however slow, is progress; none at all for the whole
// span ends the connection.

import type { Socket } from "node:net";
import type { Clock, Timer } from "../clock.js";
import { unsentOctets } from "./unsent-octets.js";

export class StallWatch {
  readonly #clock: Clock;
  readonly #spanMs: number;
  readonly #onStalled: () => void;
  #timer: Timer | undefined;

  constructor(clock: Clock, spanMs: number, onStalled: () => void) {
    this.#clock = clock;
    this.#spanMs = spanMs;
    this.#onStalled = onStalled;
  }

  /** Begins, unless it has begun. */
  start(socket: Socket): void {
    if (this.#timer !== undefined) return;
    let unsent = unsentOctets(socket);
    const timer = this.#clock.after(this.#spanMs, () => {
      const before = unsent;
      unsent = unsentOctets(socket);
      if (unsent === before) this.#onStalled();
      else timer.restart();
    });
    this.#timer = timer;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
