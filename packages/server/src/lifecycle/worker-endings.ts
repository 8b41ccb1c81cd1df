// Tells workers to end, and ends those that hang.
//
// A worker that hangs is ended by SIGKILL once it has had more time than it would give itself. No mail is lost by that: a removal
// is journalled, and the lock of a dead process is taken over.

import type { Worker } from "node:cluster";
import type { Clock, Timer } from "../clock.js";
import type { EventLog } from "../log/event-log.js";
import type { Order, WorkerOrders } from "./orders.js";
import { RETIRE_MS, STOP_MS } from "./patience.js";

export class WorkerEndings {
  readonly #clock: Clock;
  readonly #log: EventLog;
  readonly #orders: WorkerOrders;
  readonly #patience = new Map<Worker, Timer>();

  constructor({ clock, log }: { readonly clock: Clock; readonly log: EventLog }, orders: WorkerOrders) {
    this.#clock = clock;
    this.#log = log;
    this.#orders = orders;
  }

  /** Its sessions may go on for `drainMs`. */
  retire(worker: Worker, drainMs: number): void {
    this.#tell(worker, "SIGUSR2", drainMs + RETIRE_MS);
  }

  end(worker: Worker, signal: "SIGTERM" | "SIGINT"): void {
    this.#tell(worker, signal, STOP_MS);
  }

  /** It has ended, whatever made it. */
  forget(worker: Worker): void {
    this.#patience.get(worker)?.cancel();
    this.#patience.delete(worker);
  }

  /** A later word goes before an earlier one. */
  #tell(worker: Worker, order: Order, waitMs: number): void {
    this.forget(worker);
    this.#orders.tell(worker, order);
    const patience = this.#clock.after(waitMs, () => {
      this.#log.event("worker-hangs", { pid: worker.process.pid ?? 0, waitedMs: waitMs });
      worker.process.kill("SIGKILL");
    });
    this.#patience.set(worker, patience);
  }
}
