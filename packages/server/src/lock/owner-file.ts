// A file that says who we are, and whose further names are our locks: link(2) makes a lock and its owner's facts in one call,
// which one process only can. One file serves every maildrop of its file system, and has one heartbeat for all its locks.

import type { Eventually } from "@postigo/storage";
import type { Clock, Timer } from "../clock.js";
import { andThen } from "./and-then.js";
import type { Heartbeats, Living } from "./heartbeat.js";
import type { HeldLock } from "./held-lock.js";
import type { LockDisk } from "./lock-disk.js";
import { errorCode } from "./lock-io.js";
import type { LockOwner } from "./maildrop-lock.js";
import { type FileStamp, formatOwner, isSameFile } from "./owner-facts.js";

export interface OwnerFileParts {
  readonly disk: LockDisk;
  readonly clock: Clock;
  readonly staleMs: number;
  readonly heartbeats: Heartbeats;
}

/** Creates the file of `owner` at `path`. undefined: something stands there. Rejects with what the disk says, and leaves nothing behind then. */
export async function createOwnerFile(
  parts: OwnerFileParts,
  path: string,
  owner: LockOwner,
): Promise<OwnerFile | undefined> {
  const created = await parts.disk.create(path, Buffer.from(formatOwner(owner)));
  return created && new OwnerFile(parts, { path, owner, ...created });
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
  /** Names that are being made. */
  #coming = 0;
  /** Calls that are under way with the descriptor. */
  #uses = 0;
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

  /** Gives the file the further name `mark`. False: something stands there. Rejects with what the disk says. */
  async link(mark: string): Promise<boolean> {
    const { disk, clock, staleMs } = this.#parts;
    this.#coming++;
    try {
      if (clock.now() - this.#beatMs > staleMs / 2) await this.beat(clock.now());
      await disk.link(this.#facts.path, mark);
      return true;
    } catch (error) {
      if (errorCode(error) === "EEXIST") return false;
      throw error;
    } finally {
      this.#coming--;
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
    if (this.#isWanted) return;
    if (this.#source === undefined) this.close();
    else if (this.#idle !== undefined) this.#idle.restart();
    else this.#idle = this.#parts.clock.after(IDLE_MS, () => !this.#isWanted && this.close());
  }

  /** No further locks are made of it: its name is removed; what is held stays. */
  retire(): void {
    this.#removeSource(this.#parts.disk);
    if (!this.#isWanted) this.close();
  }

  close(): void {
    this.#close(this.#parts.disk);
  }

  async beat(ms: number): Promise<void> {
    await this.#use((file) => this.#parts.disk.setTime(file, ms));
    this.#beatMs = ms;
    this.#lookAt([...this.#locks]);
  }

  async isGone(): Promise<boolean> {
    return (await this.#use((file) => this.#parts.disk.hasNames(file))) !== true;
  }

  onLost(cause: unknown): void {
    for (const lock of [...this.#locks]) lock.lose(cause);
    this.retire();
  }

  onExit(): void {
    const { blocking } = this.#parts.disk;
    for (const lock of this.#locks) lock.releaseAtExit(blocking);
    this.#close(blocking);
  }

  get #isWanted(): boolean {
    return this.#locks.size > 0 || this.#coming > 0;
  }

  #close(disk: LockDisk): void {
    if (this.#isClosed) return;
    this.#idle?.cancel();
    this.#endHeartbeat();
    this.#removeSource(disk);
    this.#isClosed = true;
    if (this.#uses === 0) disk.close(this.#facts.file);
  }

  /** The descriptor may be another file's as soon as it is closed: that waits until nobody uses it. undefined: it is closed. */
  async #use<T>(work: (file: number) => Eventually<T>): Promise<T | undefined> {
    if (this.#isClosed) return undefined;
    this.#uses++;
    try {
      return await work(this.#facts.file);
    } finally {
      this.#uses--;
      if (this.#isClosed && this.#uses === 0) this.#parts.disk.close(this.#facts.file);
    }
  }

  /** Tells those whose mark is gone or another's; in slices, as thousands may be held. */
  #lookAt(locks: readonly HeldLock[], from = 0): void {
    for (const lock of locks.slice(from, from + LOOKED_AT_ONCE)) lock.lookAtMark();
    if (from + LOOKED_AT_ONCE < locks.length) setImmediate(() => this.#lookAt(locks, from + LOOKED_AT_ONCE));
  }

  /** No other file ever has that name. */
  #removeSource(disk: LockDisk): void {
    const source = this.#source;
    this.#source = undefined;
    if (source === undefined) return;
    // It is no lock: what stays is removed by the next process that puts its owner file there.
    void andThen(() => disk.unlink(source), ignore, ignore);
  }
}

const ignore = (): void => undefined;
/** Making a file costs ten times what a further name costs; after so long without a lock the maildrops are left as they were. */
const IDLE_MS = 1_000;
const LOOKED_AT_ONCE = 1_000;
