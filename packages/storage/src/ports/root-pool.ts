// The calls of one storage root that go through the thread pool. While the root is not known to be quick some of them are
// timed, each against a job for the pool that touches no disk and begins with it: what both wait for (a busy pool, a busy event
// loop) says nothing about the disk.

import { randomFill } from "node:crypto";
import type { Monotonic, Pace } from "./pace.js";
import type { PoolLane } from "./pool-shares.js";

export interface RootPoolParts {
  readonly lane: PoolLane;
  readonly pace: Pace;
  readonly monotonic: Monotonic;
  /** Does nothing, in the pool. */
  readonly idleJob?: () => Promise<unknown>;
}

export class RootPool {
  readonly #parts: Required<RootPoolParts>;
  #isTiming = false;

  constructor(parts: RootPoolParts) {
    this.#parts = { idleJob: fillOneOctet, ...parts };
  }

  /** One trip to the pool. Its length is a sign of how quick the root is. */
  run<T>(call: () => Promise<T>): Promise<T> {
    return this.#parts.lane.run(() => (!this.#isTiming && this.#parts.pace.wantsSign ? this.#timed(call) : call()));
  }

  /** One trip that says nothing: the kernel answers for the slowest disk what it has in memory, and syncing takes its time on quick ones. */
  runUnjudged<T>(call: () => Promise<T>): Promise<T> {
    return this.#parts.lane.run(call);
  }

  /** A call that never ends is never judged: the root stays in doubt. */
  #timed<T>(call: () => Promise<T>): Promise<T> {
    const { pace, monotonic, idleJob } = this.#parts;
    this.#isTiming = true;
    const result = call();
    void Promise.all([momentOf(result, monotonic), momentOf(idleJob(), monotonic)]).then(([done, compared]) => {
      this.#isTiming = false;
      pace.pooled(done - compared);
    });
    return result;
  }
}

function momentOf(result: Promise<unknown>, monotonic: Monotonic): Promise<number> {
  const moment = (): number => monotonic();
  return result.then(moment, moment);
}

function fillOneOctet(): Promise<unknown> {
  return new Promise((resolve) => randomFill(new Uint8Array(1), resolve));
}
