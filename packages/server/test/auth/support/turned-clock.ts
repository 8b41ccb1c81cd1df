// A clock whose hands the test turns.

import type { Clock, Timer } from "#server/clock";

export interface TurnedClock extends Clock {
  /** Lets `ms` pass; what falls due fires in order. */
  pass(ms: number): void;
  /** Timers that run. */
  readonly running: number;
}

interface Alarm {
  due: number;
  readonly fire: () => void;
}

export function createTurnedClock(): TurnedClock {
  let time = 0;
  const alarms = new Set<Alarm>();
  const next = (until: number) => [...alarms].filter(({ due }) => due <= until).sort((a, b) => a.due - b.due)[0];
  return {
    now: () => 1_700_000_000_000 + time,
    monotonic: () => time,
    get running() {
      return alarms.size;
    },
    after(ms, fire): Timer {
      const alarm: Alarm = { due: time + ms, fire };
      alarms.add(alarm);
      const restart = () => {
        alarm.due = time + ms;
        alarms.add(alarm);
      };
      return { restart, cancel: () => void alarms.delete(alarm) };
    },
    pass(ms) {
      const until = time + ms;
      for (let alarm = next(until); alarm !== undefined; alarm = next(until)) {
        time = alarm.due;
        alarms.delete(alarm);
        alarm.fire();
      }
      time = until;
    },
  };
}
