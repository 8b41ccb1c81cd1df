// Who comes in the place of a worker that died: another one, after a pause that grows with each death of late.

import type { Worker } from "node:cluster";
import type { Clock, Timer } from "../clock.js";
import type { EventLog } from "../log/event-log.js";

export interface SuccessionParts {
  readonly clock: Clock;
  readonly log: EventLog;
  readonly fork: () => Worker;
}

export class WorkerSuccession {
  readonly #parts: SuccessionParts;
  readonly #pauses = new Set<Timer>();
  /** Of late: a long life forgives one. */
  #deaths = 0;

  constructor(parts: SuccessionParts) {
    this.#parts = parts;
  }

  replace(dead: Worker, why: string): void {
    const { clock, log, fork } = this.#parts;
    const waitMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#deaths++);
    log.event("worker-died", { pid: dead.process.pid ?? 0, why, restartMs: waitMs });
    const pause = clock.after(waitMs, () => {
      this.#pauses.delete(pause);
      fork().once("listening", () => this.#forgive());
    });
    this.#pauses.add(pause);
  }

  /** Nobody is wanted any more. */
  cancel(): void {
    for (const pause of this.#pauses) pause.cancel();
    this.#pauses.clear();
  }

  #forgive(): void {
    this.#parts.clock.after(FORGIVEN_AFTER_MS, () => {
      this.#deaths = Math.max(0, this.#deaths - 1);
    });
  }
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;
const FORGIVEN_AFTER_MS = 60_000;
