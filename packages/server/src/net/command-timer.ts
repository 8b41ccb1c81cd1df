// How long each command of one connection takes, from the moment the session hears it to its answer. Pipelined commands follow
// one another: the end of one is the beginning of the next.

import type { CommandHearer, Effect, Verb } from "@postigo/protocol";
import type { Clock } from "../clock.js";
import type { Meter } from "../metrics/meter.js";

export class CommandTimer implements CommandHearer {
  readonly #meter: Meter;
  readonly #clock: Clock;
  #verb: Verb | "malformed" | undefined;
  #began = 0;

  constructor(meter: Meter, clock: Clock) {
    this.#meter = meter;
    this.#clock = clock;
  }

  /** Also called for a later step of AUTH, which is timed on its own: the client's time between two is not the server's. */
  heard(verb: Verb | "malformed"): void {
    const now = this.#clock.monotonic();
    this.#answeredAt(now);
    this.#verb = verb;
    this.#began = now;
  }

  /** The session has worked through what it was told, and waits for this. */
  worked(awaiting: Effect["type"] | undefined): void {
    if (this.#verb === undefined || (awaiting !== undefined && awaiting !== "await-drain")) return;
    this.#answeredAt(this.#clock.monotonic());
  }

  #answeredAt(now: number): void {
    if (this.#verb !== undefined) this.#meter.commandAnswered(this.#verb, now - this.#began);
    this.#verb = undefined;
  }
}
