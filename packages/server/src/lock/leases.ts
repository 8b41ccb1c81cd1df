// What a session holds in its hand: a lease backed by the lock file, or by the registry alone.

import type { LockEvent } from "./lock-event.js";
import type { HeldLock } from "./lock-file.js";
import type { Lease } from "./maildrop-lock.js";

interface About {
  readonly maildrop: string;
  readonly session: string;
}

/** A lease of which the disk knows nothing: other processes are not excluded. */
export class MemoryLease implements Lease {
  #leave: (() => void) | undefined;

  constructor(leave: () => void) {
    this.#leave = leave;
  }

  /** The memory of a process is not lost before the process. */
  onLost(): void {}

  isHeld(): boolean {
    return this.#leave !== undefined;
  }

  release(): void {
    this.#leave?.();
    this.#leave = undefined;
  }
}

export class FileLease implements Lease {
  readonly #about: About;
  readonly #leave: () => void;
  readonly #onEvent: (event: LockEvent) => void;
  #lock: HeldLock | undefined;
  #lost: { readonly cause: unknown } | undefined;
  #listeners: ((cause: unknown) => void)[] = [];

  constructor(about: About, leave: () => void, onEvent: (event: LockEvent) => void) {
    this.#about = about;
    this.#leave = leave;
    this.#onEvent = onEvent;
  }

  hold(lock: HeldLock): void {
    this.#lock = lock;
  }

  /** Told by the heartbeat. */
  lose(cause: unknown): void {
    if (this.#lock === undefined || this.#lost !== undefined) return;
    this.#lost = { cause };
    this.#onEvent({ type: "lock-lost", ...this.#about, cause });
    for (const listener of this.#listeners.splice(0)) listener(cause);
  }

  onLost(listener: (cause: unknown) => void): void {
    if (this.#lost !== undefined) listener(this.#lost.cause);
    else this.#listeners.push(listener);
  }

  isHeld(): boolean {
    if (this.#lock === undefined || this.#lost !== undefined) return false;
    try {
      return this.#lock.isHeld();
    } catch {
      return false; // what cannot be looked at is not held
    }
  }

  release(): void {
    const lock = this.#lock;
    if (lock === undefined) return;
    this.#lock = undefined;
    this.#listeners = [];
    try {
      lock.release();
    } catch (cause) {
      this.#onEvent({ type: "lock-release-failed", ...this.#about, cause });
    } finally {
      this.#leave();
    }
  }
}
