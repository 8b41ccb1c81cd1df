// A lock on disk that is ours until another takes it.

import type { Clock } from "../clock.js";
import { type DirectoryLock, type DirectoryStamp, directoryStamp, type KeptDirectory } from "./directory-lock.js";
import { errorCode, type LockIo } from "./lock-io.js";
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

  constructor(shop: LockShop, { place, token, directory }: HeldFacts) {
    this.#shop = shop;
    this.#place = place;
    this.#token = token;
    this.#directory = directory;
    shop.held.set(place.lockDirectory, this);
  }

  /** Is it ours, and fresh enough that nobody may take it meanwhile? Throws what the disk says. */
  isHeld(): boolean {
    const directory = this.#ownDirectory();
    return directory !== undefined && this.#isFresh(directory);
  }

  /** Ends the heartbeat and removes what is ours; a successor's lock stays. Throws what the disk says. */
  release(): void {
    const { io, directories, held } = this.#shop;
    directories.forget(this.#directory);
    held.delete(this.#place.lockDirectory);
    const directory = this.#ownDirectory();
    if (directory === undefined) return;
    // While the directory stands nobody makes an owner file here, so it goes first.
    const wasThere = unlinkIfThere(io, this.#place.ownerFile);
    // Somebody has our owner file aside. If we are fresh it is a mistake of his, and he will put it back: a leftover then.
    if (wasThere || this.#isFresh(directory)) io.rmdirSync(this.#place.lockDirectory);
  }

  #isFresh({ modifiedMs }: DirectoryStamp): boolean {
    return this.#shop.clock.now() - modifiedMs <= this.#shop.staleMs;
  }

  #ownDirectory(): DirectoryStamp | undefined {
    const directory = directoryStamp(this.#shop.io, this.#place.lockDirectory);
    if (directory === undefined || directory.inode !== this.#directory.stamp.inode) return undefined;
    return holdsToken(this.#shop.io, this.#place.ownerFile, this.#token) ? directory : undefined;
  }
}

function unlinkIfThere(io: LockIo, path: string): boolean {
  try {
    io.unlinkSync(path);
    return true;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
}
