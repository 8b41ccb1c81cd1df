// Several processes on the same listeners, one for each core: Node's cluster with a shared handle. Each worker accepts for
// itself (SCHED_NONE); handing sockets over one by one would double the cost of a session. Workers share nothing: between
// them the lock file excludes.
//
// The first process only watches over the others: it binds what they ask for, passes signals on, and starts another in the
// place of one that died, more slowly each time. A worker that cannot start at all ends everything with its exit code.

import cluster, { type Worker } from "node:cluster";
import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import type { Clock, Timer } from "../clock.js";
import type { EventLog } from "../log/event-log.js";

export interface WorkerPoolOptions {
  readonly workers: number;
  readonly log: EventLog;
  readonly clock: Clock;
  /** Opens the log file of this process again. */
  readonly onHangUp: () => void;
}

/** How many processes `workers:` asks for. */
export const workerCount = (workers: number | "auto"): number =>
  workers === "auto" ? availableParallelism() : workers;

/** Whether this process is to serve itself: there is but one, or it is one of several. */
export const servesItself = (workers: number): boolean => cluster.isWorker || workers <= 1;

/** Resolves with the exit code once all workers have ended. */
export async function runWorkerPool(options: WorkerPoolOptions): Promise<number> {
  // With all workers dead nothing else would keep this process until their successors come.
  const alive = setInterval(() => undefined, LONGEST_PAUSE_MS);
  try {
    return await new Promise((resolve) => new WorkerPool(options, resolve).start());
  } finally {
    clearInterval(alive);
  }
}

/** 32 random octets that all workers of one pool share; a process on its own has them for itself. */
export function poolKey(): Uint8Array {
  const shared = cluster.isWorker ? process.env[KEY_VARIABLE] : undefined;
  return shared === undefined ? randomBytes(32) : Buffer.from(shared, "hex");
}

/** Lets a worker end once its work has: the channel to the first process would hold it. */
export function leaveWorkerPool(): void {
  if (cluster.isWorker) process.disconnect();
}

class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #resolve: (code: number) => void;
  readonly #pauses = new Set<Timer>();
  readonly #environment = { [KEY_VARIABLE]: randomBytes(32).toString("hex") };
  /** Of late: a long life forgives one. */
  #deaths = 0;
  #isReady = false;
  #isEnding = false;
  #code = 0;

  constructor(options: WorkerPoolOptions, resolve: (code: number) => void) {
    this.#options = options;
    this.#resolve = resolve;
  }

  start(): void {
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    cluster.on("listening", () => {
      this.#isReady = true;
    });
    cluster.on("exit", (worker, code, signal) => this.#onExit(worker, code, signal));
    process.on("SIGTERM", () => this.#end("SIGTERM")).on("SIGINT", () => this.#end("SIGINT"));
    process.on("SIGHUP", () => {
      this.#options.onHangUp();
      tellAll("SIGHUP");
    });
    for (let count = 0; count < this.#options.workers; count++) cluster.fork(this.#environment);
  }

  /** The second time is passed on too: a worker that drains then ends at once. */
  #end(signal: "SIGTERM" | "SIGINT"): void {
    this.#isEnding = true;
    for (const pause of this.#pauses) pause.cancel();
    tellAll(signal);
    this.#finishIfAlone();
  }

  #onExit(worker: Worker, code: number | null, signal: string | null): void {
    if (this.#isEnding) {
      if (code !== null && code > this.#code) this.#code = code;
    } else if (!this.#isReady) {
      this.#code = code ?? 1;
      this.#end("SIGTERM");
    } else this.#replace(worker, code, signal);
    this.#finishIfAlone();
  }

  #replace(worker: Worker, code: number | null, signal: string | null): void {
    const pid = worker.process.pid ?? 0;
    const waitMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#deaths++);
    this.#options.log.event("worker-died", { pid, why: signal ?? `exit code ${code}`, restartMs: waitMs });
    const pause = this.#options.clock.after(waitMs, () => {
      this.#pauses.delete(pause);
      cluster.fork(this.#environment).once("listening", () => this.#forgive());
    });
    this.#pauses.add(pause);
  }

  #forgive(): void {
    this.#options.clock.after(FORGIVEN_AFTER_MS, () => {
      this.#deaths = Math.max(0, this.#deaths - 1);
    });
  }

  #finishIfAlone(): void {
    if (this.#isEnding && Object.keys(cluster.workers ?? {}).length === 0) this.#resolve(this.#code);
  }
}

function tellAll(signal: NodeJS.Signals): void {
  for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill(signal);
}

const KEY_VARIABLE = "_WORKER_POOL_KEY";
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;
const FORGIVEN_AFTER_MS = 60_000;
