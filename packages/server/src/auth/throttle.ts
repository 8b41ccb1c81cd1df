// Slows guessing down. Failures are counted by address (an IPv6 /64 is one) and by account; beyond the allowed number the
// refusal is held back 1, 2, 4, 8, 15 s. Only refusals wait, so nobody can lock an account's owner out. Not waiting for a
// refusal gains nothing: until it is out, the right password from the same address has to wait as well.

import type { Clock } from "../clock.js";
import { LruMap } from "./lru-map.js";
import { peerKey } from "./peer-key.js";

export interface Throttle {
  /** Counts a failure; the milliseconds its refusal is to be held back. */
  failed(address: string, user: string | undefined): number;
  /** Forgets what this address failed at this account. */
  succeeded(address: string, user: string): void;
  /** Milliseconds until the last refusal of this address at this account is out. */
  remaining(address: string, user: string | undefined): number;
}

export interface ThrottleOptions {
  readonly clock: Clock;
  /** Failures that are refused at once; one wrong password in Thunderbird is three. */
  readonly failuresBeforeDelay: number;
  /** Counters kept; the least recently used go first. Default 50,000. */
  readonly most?: number;
}

export function createThrottle(options: ThrottleOptions): Throttle {
  return new FailureCounts(options);
}

interface Count {
  failures: number;
  /** Monotonic milliseconds of the last failure that was counted or forgotten. */
  since: number;
  /** Monotonic milliseconds when the last refusal is out. */
  refusedAt: number;
}

class FailureCounts implements Throttle {
  readonly #clock: Clock;
  readonly #free: number;
  readonly #counts: LruMap<string, Count>;

  constructor({ clock, failuresBeforeDelay, most = 50_000 }: ThrottleOptions) {
    this.#clock = clock;
    this.#free = failuresBeforeDelay;
    this.#counts = new LruMap(most);
  }

  failed(address: string, user: string | undefined): number {
    const keys = keysOf(address, user);
    const byAddress = this.#bump(keys.address).failures;
    const byAccount = this.#bump(keys.account).failures;
    const delay = this.#delay(Math.max(byAddress, user === undefined ? 0 : byAccount));
    this.#bump(keys.pair).refusedAt = this.#clock.monotonic() + delay;
    return delay;
  }

  succeeded(address: string, user: string): void {
    if (this.#counts.size === 0) return;
    const keys = keysOf(address, user);
    const pair = this.#current(keys.pair);
    if (pair === undefined) return;
    const byAddress = this.#current(keys.address);
    if (byAddress !== undefined) byAddress.failures = Math.max(0, byAddress.failures - pair.failures);
    this.#counts.delete(keys.pair);
  }

  remaining(address: string, user: string | undefined): number {
    if (this.#counts.size === 0) return 0;
    const pair = this.#counts.get(keysOf(address, user).pair);
    return pair === undefined ? 0 : Math.max(0, pair.refusedAt - this.#clock.monotonic());
  }

  #bump(key: string): Count {
    const count = this.#current(key) ?? { failures: 0, since: this.#clock.monotonic(), refusedAt: 0 };
    count.failures += 1;
    this.#counts.set(key, count);
    return count;
  }

  /** The count with what time has forgotten taken off. */
  #current(key: string): Count | undefined {
    const count = this.#counts.get(key);
    if (count === undefined) return undefined;
    const forgotten = Math.floor((this.#clock.monotonic() - count.since) / FORGET_MS);
    count.failures = Math.max(0, count.failures - forgotten);
    count.since += forgotten * FORGET_MS;
    return count;
  }

  #delay(failures: number): number {
    const beyond = failures - this.#free;
    return beyond <= 0 ? 0 : Math.min(MOST_DELAY_MS, 1000 * 2 ** (beyond - 1));
  }
}

/** One failure is forgotten each minute: a device that polls with an old password stays at one or two. */
const FORGET_MS = 60_000;
/** Below the 60 s that clients wait for an answer, with room for the login itself. */
const MOST_DELAY_MS = 15_000;

function keysOf(address: string, user: string | undefined) {
  const from = peerKey(address);
  return { address: `a ${from}`, account: `u ${user}`, pair: `p ${from} ${user}` };
}
