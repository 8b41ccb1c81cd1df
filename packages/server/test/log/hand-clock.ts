// A clock whose hands the test turns.

import type { Clock, Timer } from "#server/clock";

interface Alarm {
  at: number;
  readonly fire: () => void;
}

export class HandClock implements Clock {
  readonly #alarms = new Set<Alarm>();
  #now = Date.UTC(2026, 10, 22);

  get waiting(): number {
    return this.#alarms.size;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(ms: number, fire: () => void): Timer {
    const alarm = { at: this.#now + ms, fire };
    this.#alarms.add(alarm);
    return {
      restart: () => {
        alarm.at = this.#now + ms;
        this.#alarms.add(alarm);
      },
      cancel: () => void this.#alarms.delete(alarm),
    };
  }

  pass(ms: number): void {
    this.#now += ms;
    for (const alarm of [...this.#alarms]) {
      if (alarm.at > this.#now) continue;
      this.#alarms.delete(alarm);
      alarm.fire();
    }
  }
}
