// Divides libuv's thread pool, which password hashes and the log use too, among the storage roots: a root whose calls hang may
// hold its share of the threads and no more, and one thread is never held by files at all.

export class PoolShares {
  readonly #most: number;
  readonly #share: number;
  /** Lanes with calls that wait, the next one to be served first. */
  readonly #waiting = new Set<PoolLane>();
  #running = 0;

  constructor(threads = poolThreads()) {
    this.#most = Math.max(1, threads - 1);
    this.#share = Math.min(this.#most, Math.max(2, Math.floor(threads / 4)));
  }

  /** For the calls of one root, or for those of which nobody knows yet whose they are. */
  lane(): PoolLane {
    return new PoolLane(this);
  }

  mayStart(running: number): boolean {
    return this.#running < this.#most && running < this.#share;
  }

  started(): void {
    this.#running += 1;
  }

  waits(lane: PoolLane): void {
    this.#waiting.add(lane);
  }

  /** A call of some lane is over: the lane that has waited longest goes on, if it may. */
  ended(): void {
    this.#running -= 1;
    for (const lane of this.#waiting) {
      if (!this.mayStart(lane.running)) continue;
      this.#waiting.delete(lane);
      if (lane.startNext()) this.#waiting.add(lane);
      return;
    }
  }
}

export class PoolLane {
  readonly #shares: PoolShares;
  readonly #queue: (() => void)[] = [];
  #running = 0;

  constructor(shares: PoolShares) {
    this.#shares = shares;
  }

  get running(): number {
    return this.#running;
  }

  /** Makes the call when its turn comes; calls of a lane begin in their order. */
  run<T>(call: () => Promise<T>): Promise<T> {
    if (this.#queue.length === 0 && this.#shares.mayStart(this.#running)) return this.#start(call);
    return new Promise((resolve, reject) => {
      this.#queue.push(() => this.#start(call).then(resolve, reject));
      this.#shares.waits(this);
    });
  }

  /** Whether more of them wait. */
  startNext(): boolean {
    this.#queue.shift()?.();
    return this.#queue.length > 0;
  }

  async #start<T>(call: () => Promise<T>): Promise<T> {
    this.#running += 1;
    this.#shares.started();
    try {
      return await call();
    } finally {
      this.#running -= 1;
      this.#shares.ended();
    }
  }
}

/** Four, unless the environment asked for another number before the process started. */
function poolThreads(): number {
  const asked = process.env["UV_THREADPOOL_SIZE"] ?? "";
  return /^[1-9]\d{0,3}$/.test(asked) ? Number(asked) : 4;
}
