// All costly hashes wait here. A few run at a time, so that they leave the machine to the mail; each address waits in
// its own line and the lines are served in turn, so that one that guesses passwords does not hold up the others.

import { availableParallelism } from "node:os";

export interface HashQueue {
  /** Runs `job` when its turn comes; "full" at once when too many wait already, of this address or of all. */
  run<T>(address: string, job: () => Promise<T>): Promise<T> | "full";
}

export interface HashQueueLimits {
  /** Jobs under way at once. Default: one for each processor, but one thread of libuv's pool stays free for files. */
  readonly concurrency?: number;
  /** Jobs waiting, of all addresses. Default 1,000. */
  readonly waiting?: number;
  /** Jobs waiting of one address. Default 50. */
  readonly waitingPerAddress?: number;
}

export function createHashQueue(limits: HashQueueLimits = {}): HashQueue {
  return new FairQueue({
    concurrency: limits.concurrency ?? Math.max(1, Math.min(availableParallelism(), poolThreads() - 1)),
    waiting: limits.waiting ?? 1000,
    waitingPerAddress: limits.waitingPerAddress ?? 50,
  });
}

/** Hashes run on libuv's pool, which has four threads unless the environment asked for more before the start. */
function poolThreads(): number {
  const asked = process.env["UV_THREADPOOL_SIZE"] ?? "";
  return /^[1-9]\d{0,3}$/.test(asked) ? Number(asked) : 4;
}

class FairQueue implements HashQueue {
  readonly #limits: Required<HashQueueLimits>;
  /** Jobs that wait, by address. A Map keeps the order of insertion: the first line is the next one served. */
  readonly #lines = new Map<string, (() => void)[]>();
  #waiting = 0;
  #running = 0;

  constructor(limits: Required<HashQueueLimits>) {
    this.#limits = limits;
  }

  run<T>(address: string, job: () => Promise<T>): Promise<T> | "full" {
    if (this.#running < this.#limits.concurrency) return this.#start(job);
    const line = this.#lines.get(address) ?? [];
    if (this.#waiting >= this.#limits.waiting || line.length >= this.#limits.waitingPerAddress) return "full";
    this.#lines.set(address, line);
    this.#waiting += 1;
    return new Promise((resolve, reject) => {
      line.push(() => this.#start(job).then(resolve, reject));
    });
  }

  async #start<T>(job: () => Promise<T>): Promise<T> {
    this.#running += 1;
    try {
      return await job();
    } finally {
      this.#running -= 1;
      this.#next();
    }
  }

  #next(): void {
    const [first] = this.#lines;
    if (first === undefined) return;
    const [address, line] = first;
    const start = line.shift();
    this.#waiting -= 1;
    this.#lines.delete(address);
    if (line.length > 0) this.#lines.set(address, line);
    start?.();
  }
}
