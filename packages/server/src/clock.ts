// Time as an argument: the only door to it, so that tests turn the hands themselves.

export interface Clock {
  /** Milliseconds since 1970, for people and for file times. */
  now(): number;
  /** Milliseconds since some fixed moment, never going back, for measuring. */
  monotonic(): number;
  /** Calls `fire` once after `ms`; does not keep the process alive. */
  after(ms: number, fire: () => void): Timer;
}

export interface Timer {
  /** Starts the same span again from now; also after it has fired. */
  restart(): void;
  cancel(): void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, fire) {
    const timer = setTimeout(fire, ms).unref();
    return { restart: () => void timer.refresh(), cancel: () => clearTimeout(timer) };
  },
};
