// What a session holds in its hand: a lease backed by the lock file, or by the registry alone.

import type { Eventually } from "@postigo/storage";
import { andThen } from "./and-then.js";
import type { HeldLock } from "./held-lock.js";
import type { Lease } from "./maildrop-lock.js";

/** Where a lease reports to. */
export interface LeaseEnds {
  /** Another session of this process may have the maildrop now. */
  left(): void;
  lost(cause: unknown): void;
  releaseFailed(cause: unknown): void;
}

/** A lease of which the disk knows nothing: other processes are not excluded, and nothing can take it away. */
export class MemoryLease implements Lease {
  #ends: LeaseEnds | undefined;

  constructor(ends: LeaseEnds) {
    this.#ends = ends;
  }

  onLost(): void {}

  isHeld(): boolean {
    return this.#ends !== undefined;
  }

  release(): void {
    this.#ends?.left();
    this.#ends = undefined;
  }
}

export class FileLease implements Lease {
  readonly #ends: LeaseEnds;
  #lock: HeldLock | undefined;
  #lost: { readonly cause: unknown } | undefined;
  #listeners: ((cause: unknown) => void)[] | undefined;
  #releasing: Eventually<void> = undefined;

  constructor(ends: LeaseEnds) {
    this.#ends = ends;
  }

  /** The lock was taken: the lease begins. */
  begin(lock: HeldLock): void {
    this.#lock = lock;
  }

  /** Told by the heartbeat. */
  lose(cause: unknown): void {
    if (this.#lock === undefined || this.#lost !== undefined) return;
    this.#lost = { cause };
    this.#ends.lost(cause);
    const listeners = this.#listeners ?? [];
    this.#listeners = undefined;
    for (const listener of listeners) listener(cause);
  }

  onLost(listener: (cause: unknown) => void): void {
    this.#listeners ??= [];
    if (this.#lost === undefined) this.#listeners.push(listener);
    else listener(this.#lost.cause);
  }

  isHeld(): Eventually<boolean> {
    const lock = this.#lock;
    if (lock === undefined || this.#lost !== undefined) return false;
    return andThen(
      () => lock.isHeld(),
      (isHeld) => isHeld,
      () => false, // what cannot be looked at is not held
    );
  }

  release(): Eventually<void> {
    const lock = this.#lock;
    if (lock === undefined) return this.#releasing;
    this.#lock = undefined;
    this.#listeners = undefined;
    this.#releasing = andThen(
      () => lock.release(),
      () => this.#ends.left(),
      (cause) => {
        this.#ends.releaseFailed(cause);
        this.#ends.left();
      },
    );
    return this.#releasing;
  }
}
