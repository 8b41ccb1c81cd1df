// A clock whose hands the test turns.

import type { Clock, Timer } from "#server/clock";

export class FakeClock implements Clock {
  #now: number;
  readonly #due = new Map<object, { at: number; readonly fire: () => void }>();

  constructor(now = Date.now()) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(ms: number, fire: () => void): Timer {
    const key = {};
    const restart = (): void => void this.#due.set(key, { at: this.#now + ms, fire });
    restart();
    return { restart, cancel: () => void this.#due.delete(key) };
  }

  /** Timers that have not fired. */
  get pending(): number {
    return this.#due.size;
  }

  /** Turns the hands, firing what falls due in the order of its time. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      const [key, timer] = next;
      this.#now = Math.max(this.#now, timer.at);
      this.#due.delete(key);
      timer.fire();
    }
    this.#now = end;
  }

  #next(end: number): [object, { at: number; fire: () => void }] | undefined {
    return [...this.#due].filter(([, timer]) => timer.at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
  }
}
