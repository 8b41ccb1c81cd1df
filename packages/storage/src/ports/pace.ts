// Decides whether calls to one storage root may block the event loop (ADR 0015).

/** Milliseconds since some fixed moment, never going back. */
export type Monotonic = () => number;

export type IoMode = "auto" | "sync" | "async";

export interface PaceOptions {
  readonly io: IoMode;
  /** The root lies on a network file system: `auto` never blocks on it. */
  readonly remote: boolean;
  readonly monotonic: Monotonic;
}

export class Pace {
  readonly #fixed: boolean | undefined;
  readonly #monotonic: Monotonic;
  /** Moment from which blocking may be tried again; 0 while it is allowed. */
  #blockAgainAt = 0;
  #sluggishSince = 0;
  #sluggishCalls = 0;

  constructor({ io, remote, monotonic }: PaceOptions) {
    this.#fixed = io === "auto" ? (remote ? false : undefined) : io === "sync";
    this.#monotonic = monotonic;
  }

  get mayBlock(): boolean {
    if (this.#fixed !== undefined) return this.#fixed;
    if (this.#blockAgainAt === 0) return true;
    if (this.#monotonic() < this.#blockAgainAt) return false;
    this.#blockAgainAt = 0;
    return true;
  }

  begin(): number {
    return this.#monotonic();
  }

  /** Takes note of a blocking call that began at `began`. */
  end(began: number): void {
    const now = this.#monotonic();
    const took = now - began;
    if (took < SLUGGISH_MS) return;
    if (took >= SLOW_MS || this.#isOneTooMany(now)) this.#blockAgainAt = now + REST_MS;
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

/** One call of this length is enough. */
const SLOW_MS = 20;
/** Calls of this length are enough when SLUGGISH_LIMIT of them fall within SLUGGISH_SPAN_MS. */
const SLUGGISH_MS = 5;
const SLUGGISH_LIMIT = 3;
const SLUGGISH_SPAN_MS = 1_000;
/** How long the root is spared blocking calls. */
const REST_MS = 60_000;
