// Who holds which maildrop in this process. It stands in front of the lock file: a stalled event loop can make our own lock look
// stale to ourselves, and sessions of one process can be woken in turn instead of polling.

import type { Clock } from "../clock.js";
import type { LockHolder } from "./maildrop-lock.js";

export type Turn = "entered" | "timed-out" | "crowded" | "aborted";

export interface TurnRequest {
  readonly holder: LockHolder;
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

export class LockRegistry {
  readonly #clock: Clock;
  readonly #slots = new Map<string, Slot>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The first comer enters at once; others wait in the order they came. Whoever has entered must leave. */
  enter(maildrop: string, request: TurnRequest): Turn | Promise<Turn> {
    const slot = this.#slots.get(maildrop);
    if (slot === undefined) {
      this.#slots.set(maildrop, { holder: request.holder, waiters: undefined });
      return "entered";
    }
    if (request.signal.aborted) return "aborted";
    if (request.waitMs <= 0) return "timed-out";
    slot.waiters ??= new Set();
    if (slot.waiters.size >= MAX_WAITERS) return "crowded";
    return this.#wait(slot.waiters, request);
  }

  leave(maildrop: string): void {
    const slot = this.#slots.get(maildrop);
    const [next] = slot?.waiters ?? [];
    if (slot === undefined || next === undefined) {
      this.#slots.delete(maildrop);
      return;
    }
    slot.holder = next.holder;
    next.finish("entered");
  }

  holderOf(maildrop: string): LockHolder | undefined {
    return this.#slots.get(maildrop)?.holder;
  }

  #wait(waiters: Set<Waiter>, { holder, waitMs, signal }: TurnRequest): Promise<Turn> {
    return new Promise((resolve) => {
      const finish = (turn: Turn): void => {
        waiters.delete(waiter);
        timer.cancel();
        signal.removeEventListener("abort", abort);
        resolve(turn);
      };
      const abort = (): void => finish("aborted");
      const timer = this.#clock.after(waitMs, () => finish("timed-out"));
      const waiter: Waiter = { holder, finish };
      waiters.add(waiter);
      signal.addEventListener("abort", abort, { once: true });
    });
  }
}

interface Slot {
  holder: LockHolder;
  /** In the order of their coming; a Set, so that one who gives up leaves without a search. */
  waiters: Set<Waiter> | undefined;
}

interface Waiter {
  readonly holder: LockHolder;
  finish(turn: Turn): void;
}

/** More logins than this at one maildrop are no person waiting, and each would hold a connection for the whole wait. */
const MAX_WAITERS = 8;
