// Decides whether calls to one storage root may block the event loop (ADR 0015).

import type { ProcessorWait } from "./processor-wait.js";

/** Milliseconds since some fixed moment, never going back. */
export type Monotonic = () => number;

export type IoMode = "auto" | "sync" | "async";

export interface PaceOptions {
  readonly io: IoMode;
  /** The root lies on a network file system: `auto` never blocks on it. */
  readonly remote: boolean;
  readonly monotonic: Monotonic;
  readonly processorWait: ProcessorWait;
  /** Quick calls through the pool before a root in doubt may block: at its beginning, and after it was slow. The default is 0. */
  readonly proof?: number;
}

export class Pace {
  readonly #fixed: boolean | undefined;
  readonly #monotonic: Monotonic;
  readonly #processorWait: ProcessorWait;
  readonly #proof: number;
  /** Quick calls that are still wanted. */
  #wanted: number;
  /** What `#processorWait` told at `#waitedAt`, some time before a call that may turn out slow. */
  #waited = 0;
  #waitedAt = Number.NEGATIVE_INFINITY;
  /** When a call through the pool was judged last. */
  #signAt = 0;
  /** Moment from which blocking may be tried again; 0 while it is allowed. */
  #blockAgainAt = 0;
  #sluggishSince = 0;
  #sluggishCalls = 0;

  constructor({ io, remote, monotonic, processorWait, proof = 0 }: PaceOptions) {
    this.#fixed = io === "auto" ? (remote ? false : undefined) : io === "sync";
    this.#monotonic = monotonic;
    this.#processorWait = processorWait;
    this.#proof = proof;
    this.#wanted = proof;
  }

  get mayBlock(): boolean {
    if (this.#fixed !== undefined) return this.#fixed;
    if (this.#wanted > 0) return false;
    if (this.#blockAgainAt === 0) return true;
    if (this.#monotonic() < this.#blockAgainAt) return false;
    this.#blockAgainAt = 0;
    return true;
  }

  /** Whether a call through the pool should be timed: all until the root is proven quick, then one a second while it rests. */
  get wantsSign(): boolean {
    if (this.#fixed !== undefined || this.mayBlock) return false;
    return this.#wanted > 0 || this.#monotonic() - this.#signAt >= SIGN_MS;
  }

  begin(): number {
    const now = this.#monotonic();
    if (now - this.#waitedAt >= SAMPLE_MS) this.#sample(now);
    return now;
  }

  /** Takes note of a blocking call that began at `began`. */
  end(began: number): void {
    const now = this.#monotonic();
    if (now - began < SLUGGISH_MS) return;
    const took = now - began - this.#sample(now);
    if (took < SLUGGISH_MS) return;
    if (took >= SLOW_MS || this.#isOneTooMany(now)) this.#rest(now);
  }

  /** Takes note of a call that went through the pool, longer by `took` milliseconds than one to no disk at all. */
  pooled(took: number): void {
    this.#signAt = this.#monotonic();
    if (took >= SLOW_MS) this.#rest(this.#signAt);
    else if (took >= SLUGGISH_MS) this.#wanted = this.#proof;
    else if (this.#wanted > 0) this.#wanted -= 1;
  }

  #rest(now: number): void {
    this.#blockAgainAt = now + REST_MS;
    this.#wanted = this.#proof;
  }

  /**
   * Milliseconds this thread has waited for a processor since the last sample. A busy machine is no slow disk: taking it for
   * one would make each call dearer just when processors are scarce.
   */
  #sample(now: number): number {
    const waited = this.#processorWait() ?? 0;
    const since = waited - this.#waited;
    this.#waited = waited;
    this.#waitedAt = now;
    return since;
  }

  #isOneTooMany(now: number): boolean {
    if (now - this.#sluggishSince > SLUGGISH_SPAN_MS) {
      this.#sluggishSince = now;
      this.#sluggishCalls = 0;
    }
    this.#sluggishCalls += 1;
    return this.#sluggishCalls >= SLUGGISH_LIMIT;
  }
}

/** How old a sample may be: waits before the call are then taken for waits within it, in the call's favour. */
const SAMPLE_MS = 100;
/** One call of this length is enough. */
const SLOW_MS = 20;
/** Calls of this length are enough when SLUGGISH_LIMIT of them fall within SLUGGISH_SPAN_MS. */
const SLUGGISH_MS = 5;
const SLUGGISH_LIMIT = 3;
const SLUGGISH_SPAN_MS = 1_000;
/** How often a root that rests is asked whether it is slow still. */
const SIGN_MS = 1_000;
/** How long the root is spared blocking calls. */
const REST_MS = 60_000;
