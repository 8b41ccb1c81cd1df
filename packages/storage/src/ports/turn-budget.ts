// Keeps a loop of quick synchronous calls from holding the event loop for long (DESIGN §3: no step over 20 ms).

import type { Monotonic } from "./pace.js";

export class TurnBudget {
  readonly #monotonic: Monotonic;
  /** When work was first noticed in the current turn of the event loop; undefined before. */
  #since: number | undefined;

  constructor(monotonic: Monotonic) {
    this.#monotonic = monotonic;
  }

  /** The budget belongs to the turn, not to one loop: several tasks that take turns within it share it. */
  yieldIfDue(): Promise<void> | undefined {
    if (this.#since === undefined) {
      this.#since = this.#monotonic();
      setImmediate(() => {
        this.#since = undefined;
      });
      return undefined;
    }
    if (this.#monotonic() - this.#since < BUDGET_MS) return undefined;
    return new Promise((resolve) => setImmediate(resolve));
  }
}

const BUDGET_MS = 10;
