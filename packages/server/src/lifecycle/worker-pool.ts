// Several processes on the same listeners, one for each core: Node's cluster with a shared handle. Each worker accepts for
// itself (SCHED_NONE); handing sockets over one by one would double the cost of a session. Workers share nothing: between
// them the lock file excludes.
//
// The first process only watches over the others: it binds what they ask for, passes on what it is told, and starts another in the
// place of one that died, more slowly each time. A worker that cannot start at all ends everything with its exit code.
//
// Hand-over (SIGUSR2): a second set of workers is started, on the code and the configuration that lie on the disk now. Once all
// of them listen the first set retires: the sockets are the same, so no connection is refused meanwhile. If one of the new
// workers ends before that, the others are ended too, and all is as it was.

import cluster, { type Worker } from "node:cluster";
import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import type { Clock, Timer } from "../clock.js";
import type { EventLog } from "../log/event-log.js";
import type { InheritedSocket } from "./inherited-sockets.js";
import { type Order, type Orders, WorkerOrders } from "./orders.js";
import { workersKnown } from "./pool-message.js";
import type { ServiceManager } from "./service-manager.js";
import { WorkerEndings } from "./worker-endings.js";
import { WorkerSuccession } from "./worker-succession.js";

export interface WorkerPoolOptions {
  readonly workers: number;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly manager: ServiceManager;
  readonly orders: Orders;
  /** Stay open here, and are handed to each worker. */
  readonly inherited: readonly InheritedSocket[];
  /** Opens the log file of this process again. */
  readonly onHangUp: () => void;
  /** Rejects with the reason when what the new workers would read cannot be served. */
  readonly prepareHandOver: () => Promise<HandOver>;
}

export interface HandOver {
  /** How many to start. */
  readonly workers: number;
  /** How long the sessions of the old ones may go on. */
  readonly drainMs: number;
}

/** How many processes `workers:` asks for. */
export const workerCount = (workers: number | "auto"): number =>
  workers === "auto" ? availableParallelism() : workers;

/** Whether this process is to serve itself: there is but one, or it is one of several. */
export const servesItself = (workers: number): boolean => cluster.isWorker || workers <= 1;

export const isPoolWorker = (): boolean => cluster.isWorker;

/** Resolves with the exit code once all workers have ended. */
export const runWorkerPool = (options: WorkerPoolOptions): Promise<number> =>
  new Promise((resolve) => new WorkerPool(options, resolve).start());

/** 32 random octets that all workers of one pool share; a process on its own has them for itself. */
export function poolKey(): Uint8Array {
  const shared = cluster.isWorker ? process.env[KEY_VARIABLE] : undefined;
  return shared === undefined ? randomBytes(32) : Buffer.from(shared, "hex");
}

/** What a worker has instead of a service manager: the first process, which speaks to that for all of them. */
export const poolManager: ServiceManager = {
  ready: () => void process.send?.(READY),
  reloading: () => undefined,
  stopping: () => undefined,
};

/** Lets a worker end once its work has: the channel to the first process would hold it. */
export function leaveWorkerPool(): void {
  if (cluster.isWorker) process.disconnect();
}

class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #resolve: (code: number) => void;
  readonly #orders = new WorkerOrders();
  readonly #endings: WorkerEndings;
  readonly #succession: WorkerSuccession;
  readonly #environment = { [KEY_VARIABLE]: randomBytes(32).toString("hex") };
  /** Those that are to serve. Whoever is in neither set retires. */
  #current = new Set<Worker>();
  /** Started by a hand-over that has not come to its end. */
  #next = new Set<Worker>();
  /** Those that listen. */
  readonly #ready = new WeakSet<Worker>();
  /** Those that have not told yet that they have reloaded. */
  readonly #reloading = new Set<Worker>();
  /** Of a hand-over with its new workers. */
  #patience: Timer | undefined;
  #drainMs = 0;
  #isPreparing = false;
  #isReady = false;
  #isEnding = false;
  #code = 0;

  constructor(options: WorkerPoolOptions, resolve: (code: number) => void) {
    this.#options = options;
    this.#endings = new WorkerEndings(options, this.#orders);
    this.#succession = new WorkerSuccession({ ...options, fork: () => this.#forkCurrent() });
    this.#resolve = resolve;
  }

  start(): void {
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    cluster.setupPrimary({
      stdio: ["inherit", "inherit", "inherit", ...this.#options.inherited.map(({ fd }) => fd), "ipc"],
    });
    cluster.on("message", (worker, message) => message === READY && this.#onReady(worker));
    cluster.on("exit", (worker, code, signal) => this.#onExit(worker, code, signal));
    for (let count = 0; count < this.#options.workers; count++) this.#forkCurrent();
    this.#options.orders.obey((order) => this.#obey(order));
  }

  #obey(order: Order): void {
    if (order === "SIGHUP") this.#hangUp();
    else if (order === "SIGUSR2") void this.#handOver();
    else this.#end(order);
  }

  #forkCurrent(): Worker {
    const worker = this.#fork();
    this.#current.add(worker);
    return worker;
  }

  #fork(): Worker {
    return cluster.fork(this.#environment);
  }

  #onReady(worker: Worker): void {
    this.#ready.add(worker);
    if (this.#next.has(worker)) this.#switchIfReady();
    if (this.#reloading.delete(worker) || !this.#isReady) this.#tellReady();
  }

  #hangUp(): void {
    this.#options.onHangUp();
    if (this.#isReady) this.#options.manager.reloading();
    for (const worker of this.#current) if (this.#ready.has(worker)) this.#reloading.add(worker);
    for (const worker of workersThere()) this.#orders.tell(worker, "SIGHUP");
    if (this.#isReady) this.#tellReady();
  }

  /** Once all serve, and have reloaded if they were told to. */
  #tellReady(): void {
    if (this.#isEnding || this.#reloading.size > 0) return;
    if (!this.#isReady && !this.#allReady(this.#current)) return;
    this.#isReady = true;
    this.#options.manager.ready(`serving with ${this.#current.size} workers`);
  }

  async #handOver(): Promise<void> {
    const { log, prepareHandOver } = this.#options;
    if (this.#isEnding) return;
    const hindrance = this.#handOverHindrance();
    if (hindrance !== undefined) {
      log.event("hand-over-failed", { error: hindrance });
      return;
    }
    this.#isPreparing = true;
    try {
      const { workers, drainMs } = await prepareHandOver();
      this.#drainMs = drainMs;
      log.event("hand-over-started", { workers });
      if (!this.#isEnding) this.#startNext(workers);
    } catch (error) {
      log.event("hand-over-failed", { error: error instanceof Error ? error.message : String(error) });
    } finally {
      this.#isPreparing = false;
    }
  }

  #handOverHindrance(): string | undefined {
    if (this.#isPreparing || this.#next.size > 0) return "another one is under way; wait for handed-over";
    return this.#isReady ? undefined : "the workers do not serve yet; wait for gateway-started";
  }

  #startNext(workers: number): void {
    for (let count = 0; count < workers; count++) this.#next.add(this.#fork());
    this.#patience = this.#options.clock.after(START_MS, () => {
      this.#abandon(`the new workers do not serve after ${START_MS / 1000} s`);
    });
  }

  #switchIfReady(): void {
    if (!this.#allReady(this.#next)) return;
    this.#patience?.cancel();
    const old = this.#current;
    this.#current = this.#next;
    this.#next = new Set();
    this.#succession.cancel();
    this.#options.log.event("handed-over", { workers: this.#current.size, retiring: old.size });
    for (const worker of old) {
      this.#reloading.delete(worker);
      // One that does not listen yet has nothing to finish.
      if (this.#ready.has(worker)) this.#endings.retire(worker, this.#drainMs);
      else this.#endings.end(worker, "SIGTERM");
    }
    this.#tellReady();
  }

  #allReady(workers: ReadonlySet<Worker>): boolean {
    return [...workers].every((worker) => this.#ready.has(worker));
  }

  /** The second time is passed on too: a worker that drains then ends at once. */
  #end(signal: "SIGTERM" | "SIGINT"): void {
    if (!this.#isEnding) this.#options.manager.stopping();
    this.#isEnding = true;
    this.#patience?.cancel();
    this.#succession.cancel();
    for (const worker of workersThere()) this.#endings.end(worker, signal);
    this.#finishIfAlone();
  }

  #onExit(worker: Worker, code: number | null, signal: string | null): void {
    const isCurrent = this.#current.delete(worker);
    const isNext = this.#next.delete(worker);
    this.#endings.forget(worker);
    if (this.#reloading.delete(worker) && this.#isReady) this.#tellReady();
    if (this.#isEnding) {
      this.#code = Math.max(this.#code, code ?? KILLED_CODE);
    } else if (isNext) this.#abandon(`a new worker ended before it served: ${signal ?? `exit code ${code}`}`);
    else if (isCurrent && !this.#isReady) {
      this.#code = code ?? 1;
      this.#end("SIGTERM");
    } else if (isCurrent) this.#succession.replace(worker, signal ?? `exit code ${code}`);
    this.#finishIfAlone();
  }

  #abandon(error: string): void {
    this.#patience?.cancel();
    const others = this.#next;
    this.#next = new Set();
    for (const worker of others) this.#endings.end(worker, "SIGTERM");
    this.#options.log.event("hand-over-failed", { error });
  }

  #finishIfAlone(): void {
    if (this.#isEnding && workersThere().length === 0) this.#resolve(this.#code);
  }
}

/** One that has exited counts as gone before its channel is closed: cluster tells of the two in any order. */
const workersThere = (): readonly Worker[] => workersKnown().filter((worker) => !worker.isDead());

/** A worker that did not end by itself: as for any fault of ours. */
const KILLED_CODE = 70;
const KEY_VARIABLE = "_WORKER_POOL_KEY";
/** A worker serves, or has reloaded. */
const READY = "postigo-ready";
/** For all of a start: accounts from slow disks, certificates. One that hangs keeps no later hand-over. */
const START_MS = 180_000;
