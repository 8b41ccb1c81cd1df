// A lock on disk that is ours until another takes it.

import type { Clock } from "../clock.js";
import type { DirectoryLock, KeptDirectory } from "./directory-lock.js";
import type { LockIo } from "./lock-io.js";
import type { LockPlace } from "./lock-place.js";
import { holdsToken } from "./owner-file.js";

/** What all locks of a process share. */
export interface LockShop {
  readonly io: LockIo;
  readonly clock: Clock;
  readonly staleMs: number;
  readonly directories: DirectoryLock;
  /** By lock directory, for the exit of the process. */
  readonly held: Map<string, HeldLock>;
}

export interface HeldFacts {
  readonly place: LockPlace;
  readonly token: string;
  readonly directory: KeptDirectory;
}

export class HeldLock {
  readonly #shop: LockShop;
  readonly #place: LockPlace;
  readonly #token: string;
  readonly #directory: KeptDirectory;
  /** undefined: the directory was removed as soon as it was made, and the lock is lost already. */
  readonly #inode: number | undefined;

  constructor(shop: LockShop, { place, token, directory }: HeldFacts) {
    this.#shop = shop;
    this.#place = place;
    this.#token = token;
    this.#directory = directory;
    this.#inode = directoryStamp(shop.io, place.lockDirectory)?.inode;
    shop.held.set(place.lockDirectory, this);
  }

  /** Is it ours, and fresh enough that nobody may take it meanwhile? Throws what the disk says. */
  isHeld(): boolean {
    const { clock, staleMs } = this.#shop;
    const directory = this.#ownDirectory();
    return directory !== undefined && clock.now() - directory.modifiedMs <= staleMs;
  }

  /** Ends the heartbeat and removes what is ours; a successor's lock stays. Throws what the disk says. */
  release(): void {
    const { io, directories, held } = this.#shop;
    directories.forget(this.#directory);
    held.delete(this.#place.lockDirectory);
    if (this.#ownDirectory() === undefined) return;
    // While the directory stands nobody makes an owner file here, so it goes first.
    io.unlinkSync(this.#place.ownerFile);
    io.rmdirSync(this.#place.lockDirectory);
  }

  #ownDirectory(): DirectoryStamp | undefined {
    const directory = directoryStamp(this.#shop.io, this.#place.lockDirectory);
    if (directory === undefined || directory.inode !== this.#inode) return undefined;
    return holdsToken(this.#shop.io, this.#place.ownerFile, this.#token) ? directory : undefined;
  }
}

/** What tells a lock directory from another, or from itself a heartbeat later. */
export interface DirectoryStamp {
  readonly inode: number;
  readonly modifiedMs: number;
}

export function directoryStamp(io: LockIo, path: string): DirectoryStamp | undefined {
  const stats = io.statSync(path, { throwIfNoEntry: false });
  return stats && { inode: stats.ino, modifiedMs: stats.mtimeMs };
}

export const isSameDirectory = (one: DirectoryStamp, other: DirectoryStamp | undefined): boolean =>
  other !== undefined && one.inode === other.inode && one.modifiedMs === other.modifiedMs;
