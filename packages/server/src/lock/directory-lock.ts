// The lock directory: proper-lockfile makes it, one at a time, and keeps its time fresh. It removes nothing by itself.
//
// proper-lockfile breaks a stale lock by rmdir and mkdir with no look in between, and releases by rmdir without asking whose it is; both can
// remove the lock of a successor. Its file calls go through an adapter of ours, where rmdir is refused while locking (a takeover is decided by the owner
// file) and does nothing while forgetting (the lease removes what it has proven to be its own).
// The adapter calls back at once: a lock then costs a fifth of what the thread pool would. It is one object for all locks, because proper-lockfile
// remembers on it how fine file times are; times are written in whole seconds, so that what it learnt on one file system holds on every other.

import type { Stats } from "node:fs";
import { type LockOptions, lock } from "proper-lockfile";
import { errorCode, type LockIo } from "./lock-io.js";
import type { LockPlace } from "./lock-place.js";

/** A directory that is being kept fresh, and what it looked like when that began. */
export interface KeptDirectory {
  readonly stamp: DirectoryStamp;
  /** proper-lockfile's own, to be called by `forget`. */
  readonly release: () => Promise<void>;
}

/** What tells a lock directory from another, or from itself a heartbeat later. */
export interface DirectoryStamp {
  readonly inode: number;
  readonly modifiedMs: number;
}

export function directoryStamp(io: LockIo, path: string): DirectoryStamp | undefined {
  const stats = io.statSync(path, { throwIfNoEntry: false });
  return stats && stampOf(stats);
}

export const isSameDirectory = (one: DirectoryStamp, other: DirectoryStamp | undefined): boolean =>
  other !== undefined && one.inode === other.inode && one.modifiedMs === other.modifiedMs;

export class DirectoryLock {
  readonly #fs: CallbackFs;
  readonly #staleMs: number;

  /** `onExit` hears of each directory that is still being kept when the process exits. */
  constructor(io: LockIo, staleMs: number, onExit: (lockDirectory: string) => void) {
    this.#fs = new CallbackFs(io, onExit);
    this.#staleMs = staleMs;
  }

  /** Makes the directory. undefined: it stands already. Throws what the disk says. `onLost`: a heartbeat found it gone, or touched. */
  async make(place: LockPlace, onLost: (cause: unknown) => void): Promise<KeptDirectory | undefined> {
    const options: LockOptions = {
      fs: this.#fs,
      realpath: false,
      lockfilePath: place.lockDirectory,
      stale: this.#staleMs,
      update: this.#staleMs / HEARTBEATS_PER_STALE_AGE,
      onCompromised: onLost,
    };
    try {
      const locking = lock(place.maildrop, options);
      const stamp = this.#fs.takeStamp();
      return { stamp, release: await locking };
    } catch (error) {
      if (errorCode(error) === "ELOCKED") return undefined;
      throw error;
    }
  }

  /** Keeps a directory fresh that stands already and whose owner file is ours. */
  adopt(place: LockPlace, onLost: (cause: unknown) => void): Promise<KeptDirectory | undefined> {
    return this.#fs.adopting(place.lockDirectory, () => this.make(place, onLost));
  }

  /** Ends the heartbeat; the directory stays as it is. */
  forget(kept: KeptDirectory): void {
    this.#fs.forgetting(kept.release);
  }
}

type Callback<T> = (error: unknown, result?: T) => void;

/** The calls that proper-lockfile makes, under the names it makes them by. */
class CallbackFs {
  readonly #io: LockIo;
  readonly #onExit: (lockDirectory: string) => void;
  #adopted: string | undefined;
  #isForgetting = false;
  #stamp: DirectoryStamp | undefined;

  constructor(io: LockIo, onExit: (lockDirectory: string) => void) {
    this.#io = io;
    this.#onExit = onExit;
  }

  /** Runs `work`, which makes proper-lockfile lock: for this path, and within this call, mkdir finds the directory its own. */
  adopting<T>(path: string, work: () => T): T {
    this.#adopted = path;
    try {
      return work();
    } finally {
      this.#adopted = undefined;
    }
  }

  /** All of a release happens within the call; what its promise brings is only that it was a second one. */
  forgetting(release: () => Promise<void>): void {
    this.#isForgetting = true;
    release().catch(() => undefined);
    this.#isForgetting = false;
  }

  mkdir(path: string, callback: Callback<void>): void {
    answer(callback, () => (path === this.#adopted ? this.#renew(path) : this.#io.mkdirSync(path, LOCK_MODE)));
  }

  stat(path: string, callback: Callback<Stats>): void {
    answer(callback, () => {
      const stats = this.#io.statSync(path);
      this.#stamp = stampOf(stats);
      return stats;
    });
  }

  /** What the last stat has seen: right after a lock call, which ends with one, the directory that was made. */
  takeStamp(): DirectoryStamp {
    const stamp = this.#stamp ?? NO_DIRECTORY;
    this.#stamp = undefined;
    return stamp;
  }

  utimes(path: string, _accessed: Date, modified: Date, callback: Callback<void>): void {
    answer(callback, () => this.#setTime(path, modified.getTime()));
  }

  rmdir(_path: string, callback: Callback<void>): void {
    callback(this.#isForgetting ? null : new StaleError());
  }

  /** Called by proper-lockfile for each lock that is left when the process exits. */
  rmdirSync(path: string): void {
    this.#onExit(path);
  }

  /** Only the user who made a directory can set its time; another one's is made again. */
  #renew(path: string): void {
    try {
      this.#setTime(path, Date.now());
    } catch (error) {
      if (errorCode(error) !== "EPERM") throw error;
      this.#io.rmdirSync(path);
      this.#io.mkdirSync(path, LOCK_MODE);
    }
  }

  #setTime(path: string, ms: number): void {
    const seconds = Math.floor(ms / 1000);
    this.#io.utimesSync(path, seconds, seconds);
  }
}

function answer<T>(callback: Callback<T>, call: () => T): void {
  let result: T;
  try {
    result = call();
  } catch (error) {
    callback(error);
    return;
  }
  callback(null, result);
}

/** proper-lockfile has seen a stale lock: to it that is a lock like any other. */
class StaleError extends Error {
  readonly code = "ELOCKED";
}

const stampOf = ({ ino, mtimeMs }: Stats): DirectoryStamp => ({ inode: ino, modifiedMs: mtimeMs });

/** Looks like no directory there is. */
const NO_DIRECTORY: DirectoryStamp = { inode: -1, modifiedMs: -1 };
const LOCK_MODE = 0o700;
/** So often can a refresh fail or come late before the lock counts as stale; the floor of proper-lockfile is one a second. */
const HEARTBEATS_PER_STALE_AGE = 6;
