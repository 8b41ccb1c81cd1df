// A file that says who we are, and whose further names are our locks: link(2) makes a lock and its owner's facts in one call,
// which one process only can. One file serves every maildrop of its file system, and has one heartbeat for all its locks.

import { constants } from "node:fs";
import type { Clock, Timer } from "../clock.js";
import type { Heartbeats, Living } from "./heartbeat.js";
import type { HeldLock } from "./held-lock.js";
import { errorCode, type LockIo } from "./lock-io.js";
import type { LockOwner } from "./maildrop-lock.js";
import { type FileStamp, fileStamp, formatOwner, isSameFile, stampOf } from "./owner-facts.js";

export interface OwnerFileParts {
  readonly io: LockIo;
  readonly clock: Clock;
  readonly staleMs: number;
  readonly heartbeats: Heartbeats;
}

/** Creates the file of `owner` at `path`. undefined: something stands there. Throws what the disk says, and leaves nothing behind then. */
export function createOwnerFile(parts: OwnerFileParts, path: string, owner: LockOwner): OwnerFile | undefined {
  const { io } = parts;
  let file: number;
  try {
    file = io.openSync(path, CREATE, 0o600);
  } catch (error) {
    if (errorCode(error) === "EEXIST") return undefined;
    throw error;
  }
  try {
    const octets = Buffer.from(formatOwner(owner));
    if (io.writeSync(file, octets) < octets.length) throw new ShortWriteError(path);
    return new OwnerFile(parts, { path, owner, file, stamp: stampOf(io.fstatSync(file)) });
  } catch (error) {
    io.closeSync(file);
    io.unlinkSync(path);
    throw error;
  }
}

interface OwnerFileFacts {
  readonly path: string;
  readonly owner: LockOwner;
  /** Open, so that a sign of life needs no name. */
  readonly file: number;
  readonly stamp: FileStamp;
}

export class OwnerFile implements Living {
  readonly token: string;
  readonly #parts: OwnerFileParts;
  readonly #facts: OwnerFileFacts;
  readonly #locks = new Set<HeldLock>();
  readonly #endHeartbeat: () => void;
  /** The name by which further ones are made; undefined when no more are to come. */
  #source: string | undefined;
  #beatMs: number;
  #idle: Timer | undefined;
  #isClosed = false;

  constructor(parts: OwnerFileParts, facts: OwnerFileFacts) {
    this.token = facts.owner.token;
    this.#parts = parts;
    this.#facts = facts;
    this.#source = facts.path;
    this.#beatMs = facts.stamp.modifiedMs;
    this.#endHeartbeat = parts.heartbeats.begin(this);
  }

  /** Gives the file the further name `mark`. False: something stands there. Throws what the disk says. */
  link(mark: string): boolean {
    const { io, clock, staleMs } = this.#parts;
    if (clock.now() - this.#beatMs > staleMs / 2) this.beat(clock.now());
    try {
      io.linkSync(this.#facts.path, mark);
      return true;
    } catch (error) {
      if (errorCode(error) === "EEXIST") return false;
      throw error;
    }
  }

  /** The name it has is a lock itself: it will have no other. */
  becomeMark(): void {
    this.#source = undefined;
  }

  /** Whether `stamp` is that of this file. Once it is closed its number may be another's. */
  is(stamp: FileStamp | undefined): boolean {
    return !this.#isClosed && isSameFile(this.#facts.stamp, stamp);
  }

  get canLink(): boolean {
    return this.#source !== undefined;
  }

  hold(lock: HeldLock): void {
    this.#locks.add(lock);
  }

  letGo(lock: HeldLock): void {
    this.#locks.delete(lock);
    this.rest();
  }

  /** Without locks the file is closed, after a while in which another may be wanted. */
  rest(): void {
    if (this.#locks.size > 0) return;
    if (this.#source === undefined) this.close();
    else if (this.#idle !== undefined) this.#idle.restart();
    else this.#idle = this.#parts.clock.after(IDLE_MS, () => this.#locks.size === 0 && this.close());
  }

  /** No further locks are made of it: its name is removed; what is held stays. */
  retire(): void {
    this.#removeSource();
    if (this.#locks.size === 0) this.close();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#idle?.cancel();
    this.#endHeartbeat();
    this.#removeSource();
    this.#isClosed = true;
    this.#parts.io.closeSync(this.#facts.file);
  }

  beat(ms: number): void {
    if (this.#isClosed) return;
    this.#parts.io.futimesSync(this.#facts.file, ms / 1000, ms / 1000);
    this.#beatMs = ms;
    this.#lookAt([...this.#locks]);
  }

  isGone(): boolean {
    return this.#parts.io.fstatSync(this.#facts.file).nlink === 0;
  }

  onLost(cause: unknown): void {
    for (const lock of [...this.#locks]) lock.lose(cause);
    this.retire();
  }

  onExit(): void {
    for (const lock of [...this.#locks]) lock.releaseAtExit();
    this.close();
  }

  /** Tells those whose mark is gone or another's; in slices, as thousands may be held. */
  #lookAt(locks: readonly HeldLock[], from = 0): void {
    for (const lock of locks.slice(from, from + LOOKED_AT_ONCE)) lock.lookAtMark();
    if (from + LOOKED_AT_ONCE < locks.length) setImmediate(() => this.#lookAt(locks, from + LOOKED_AT_ONCE));
  }

  #removeSource(): void {
    const { io } = this.#parts;
    const source = this.#source;
    this.#source = undefined;
    try {
      if (source !== undefined && this.is(fileStamp(io, source))) io.unlinkSync(source);
    } catch {
      // It is no lock: whoever wants its place judges it by its facts, which will be those of a dead process.
    }
  }
}

/** Only a full disk writes a part of so few octets. */
class ShortWriteError extends Error {
  readonly code = "ENOSPC";

  constructor(path: string) {
    super(`short write: ${path}`);
  }
}

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
/** Making a file costs ten times what a further name costs; after so long without a lock the maildrops are left as they were. */
const IDLE_MS = 1_000;
const LOOKED_AT_ONCE = 1_000;
