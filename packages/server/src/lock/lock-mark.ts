// The lock mark: proper-lockfile makes it, one at a time, and keeps its time fresh. It removes nothing by itself.
//
// proper-lockfile breaks a stale lock by rmdir and mkdir with no look in between, and releases by rmdir without asking whose it is; both can
// remove the lock of a successor. Its file calls go through an adapter of ours, where rmdir is refused while locking (a takeover is decided by the owner
// file) and does nothing while forgetting (the lease removes what it has proven to be its own).
// The adapter calls back at once: a lock then costs a fifth of what the thread pool would. It is one object for all locks, because proper-lockfile
// remembers on it how fine file times are; times are written in whole seconds, so that what it learnt on one file system holds on every other.

import type { Stats } from "node:fs";
import { type LockOptions, lock } from "proper-lockfile";
import { errorCode, type LockIo, makeMark, removeMark } from "./lock-io.js";
import type { LockPlace } from "./lock-place.js";

/** A mark that is being kept fresh, and what it looked like when that began. */
export interface KeptMark {
  readonly stamp: MarkStamp;
  /** proper-lockfile's own, to be called by `forget`. */
  readonly release: () => Promise<void>;
}

/** What tells a lock mark from another, or from itself a heartbeat later. */
export interface MarkStamp {
  readonly inode: number;
  readonly modifiedMs: number;
}

export function markStamp(io: LockIo, path: string): MarkStamp | undefined {
  const stats = io.statSync(path, { throwIfNoEntry: false });
  return stats && stampOf(stats);
}

export const isSameMark = (one: MarkStamp, other: MarkStamp | undefined): boolean =>
  other !== undefined && one.inode === other.inode && one.modifiedMs === other.modifiedMs;

export class LockMarks {
  readonly #fs: CallbackFs;
  readonly #staleMs: number;

  /** `onExit` hears of each mark that is still being kept when the process exits. */
  constructor(io: LockIo, staleMs: number, onExit: (mark: string) => void) {
    this.#fs = new CallbackFs(io, onExit);
    this.#staleMs = staleMs;
  }

  /** Makes the mark. undefined: it stands already. Throws what the disk says. `onLost`: a heartbeat found it gone, or touched. */
  async make(place: LockPlace, onLost: (cause: unknown) => void): Promise<KeptMark | undefined> {
    const options: LockOptions = {
      fs: this.#fs,
      realpath: false,
      lockfilePath: place.mark,
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

  /** Keeps a mark fresh that stands already and whose owner file is ours. */
  adopt(place: LockPlace, onLost: (cause: unknown) => void): Promise<KeptMark | undefined> {
    return this.#fs.adopting(place.mark, () => this.make(place, onLost));
  }

  /** Ends the heartbeat; the mark stays as it is. */
  forget(kept: KeptMark): void {
    this.#fs.forgetting(kept.release);
  }
}

type Callback<T> = (error: unknown, result?: T) => void;

/** The calls that proper-lockfile makes, under the names it makes them by. */
class CallbackFs {
  readonly #io: LockIo;
  readonly #onExit: (mark: string) => void;
  #adopted: string | undefined;
  #isForgetting = false;
  #stamp: MarkStamp | undefined;

  constructor(io: LockIo, onExit: (mark: string) => void) {
    this.#io = io;
    this.#onExit = onExit;
  }

  /** Runs `work`, which makes proper-lockfile lock: for this path, and within this call, mkdir finds the mark its own. */
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
    answer(callback, () => (path === this.#adopted ? this.#renew(path) : makeMark(this.#io, path)));
  }

  stat(path: string, callback: Callback<Stats>): void {
    answer(callback, () => {
      const stats = this.#io.statSync(path);
      this.#stamp = stampOf(stats);
      return stats;
    });
  }

  /** What the last stat has seen: right after a lock call, which ends with one, the mark that was made. */
  takeStamp(): MarkStamp {
    const stamp = this.#stamp ?? NO_MARK;
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

  /** Only the user who made a mark can set its time; another one's is made again. */
  #renew(path: string): void {
    try {
      this.#setTime(path, Date.now());
    } catch (error) {
      if (errorCode(error) !== "EPERM") throw error;
      removeMark(this.#io, path);
      makeMark(this.#io, path);
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

const stampOf = ({ ino, mtimeMs }: Stats): MarkStamp => ({ inode: ino, modifiedMs: mtimeMs });

/** Looks like no mark there is. */
const NO_MARK: MarkStamp = { inode: -1, modifiedMs: -1 };
/** So often can a refresh fail or come late before the lock counts as stale; the floor of proper-lockfile is one a second. */
const HEARTBEATS_PER_STALE_AGE = 6;
