// One try at the lock on disk: make the directory and the owner file, or take both over from an owner that is dead or silent.
// The order of the steps, and why no two processes can both come out as the owner, stand in README.md of this folder.

import type { Clock } from "../clock.js";
import { createDirectoryLock, type DirectoryLock, type KeptDirectory } from "./directory-lock.js";
import { type HostFacts, processState } from "./host-facts.js";
import type { TakeoverReason } from "./lock-event.js";
import type { LockIo } from "./lock-io.js";
import type { LockPlace } from "./lock-place.js";
import type { LockOwner } from "./maildrop-lock.js";
import { createOwner, type FoundOwner, readOwner, removeOwner } from "./owner-file.js";
import { proofOfDeath } from "./proof-of-death.js";

export type TryOutcome =
  | { readonly type: "held"; readonly lock: HeldLock; readonly takenFrom: Takeover | undefined }
  | { readonly type: "busy"; readonly owner: LockOwner | undefined };

export interface Takeover {
  readonly why: TakeoverReason;
  readonly owner: LockOwner | undefined;
}

export interface LockFileOptions {
  readonly io: LockIo;
  readonly clock: Clock;
  readonly staleMs: number;
  readonly here: HostFacts;
}

export class LockFile {
  readonly #options: LockFileOptions;
  readonly #directories: DirectoryLock;
  readonly #held = new Map<string, HeldLock>();

  constructor(options: LockFileOptions) {
    this.#options = options;
    this.#directories = createDirectoryLock(options.io, options.staleMs, (path) => this.#held.get(path)?.release());
  }

  /** Throws what the disk says. `onLost` is called when a heartbeat finds the directory gone or touched by another. */
  async try(place: LockPlace, owner: LockOwner, onLost: (cause: unknown) => void): Promise<TryOutcome> {
    const { io } = this.#options;
    const leftover = readOwner(io, place.ownerFile);
    const directory = await this.#directories.make(place, onLost);
    if (directory === undefined) return this.#takeOver(place, owner, onLost);
    try {
      if (createOwner(io, place.ownerFile, owner) || this.#replace(place, leftover, owner)) {
        return this.#hold(place, owner, directory, undefined);
      }
    } catch (error) {
      directory.forget();
      this.#removeUnnamed(place);
      throw error;
    }
    // Another took over our directory before we had named ourselves. It is his now.
    directory.forget();
    return { type: "busy", owner: readOwner(io, place.ownerFile)?.owner };
  }

  /** An owner file that stood there before we made the directory has lost its directory; one that came later has taken ours. */
  #replace(place: LockPlace, found: FoundOwner | undefined, owner: LockOwner): boolean {
    const { io } = this.#options;
    if (found !== undefined && !removeOwner(io, place.ownerFile, found, owner.token)) return false;
    return createOwner(io, place.ownerFile, owner);
  }

  /** The fault that kept the owner file from being written is the one to tell; what it may leave here goes stale. */
  #removeUnnamed(place: LockPlace): void {
    try {
      this.#options.io.rmdirSync(place.lockDirectory);
    } catch {
      return;
    }
  }

  async #takeOver(place: LockPlace, owner: LockOwner, onLost: (cause: unknown) => void): Promise<TryOutcome> {
    const { io } = this.#options;
    const found = readOwner(io, place.ownerFile);
    const judged = directoryStamp(io, place.lockDirectory);
    if (judged === undefined) return { type: "busy", owner: undefined };
    const why = this.#reasonToTake(found, judged);
    if (why === undefined) return { type: "busy", owner: found?.owner };
    if (!this.#replace(place, found, owner)) return { type: "busy", owner: undefined };
    // A directory that changed since it was judged has a history we have not seen: step back.
    const directory = isSameDirectory(judged, directoryStamp(io, place.lockDirectory))
      ? await this.#directories.adopt(place, onLost)
      : undefined;
    if (directory === undefined || readOwner(io, place.ownerFile)?.identity !== owner.token) {
      directory?.forget();
      removeOwner(io, place.ownerFile, { owner, identity: owner.token }, owner.token);
      return { type: "busy", owner: undefined };
    }
    return this.#hold(place, owner, directory, { why, owner: found?.owner });
  }

  #reasonToTake(found: FoundOwner | undefined, directory: DirectoryStamp): TakeoverReason | undefined {
    const proof = found?.owner && proofOfDeath(found.owner, this.#options.here, processState);
    if (proof !== undefined) return proof;
    return this.#options.clock.now() - directory.modifiedMs > this.#options.staleMs ? "stale" : undefined;
  }

  #hold(place: LockPlace, owner: LockOwner, directory: KeptDirectory, takenFrom: Takeover | undefined): TryOutcome {
    const { io } = this.#options;
    const inode = directoryStamp(io, place.lockDirectory)?.inode;
    const lock = new HeldLock(this.#options, { place, token: owner.token, inode, directory, held: this.#held });
    this.#held.set(place.lockDirectory, lock);
    return { type: "held", lock, takenFrom };
  }
}

interface HeldFacts {
  readonly place: LockPlace;
  readonly token: string;
  /** undefined: it was removed as soon as it was made, and the lock is lost already. */
  readonly inode: number | undefined;
  readonly directory: KeptDirectory;
  readonly held: Map<string, HeldLock>;
}

/** A lock on disk that is ours until another takes it. */
export class HeldLock {
  readonly #options: LockFileOptions;
  readonly #facts: HeldFacts;

  constructor(options: LockFileOptions, facts: HeldFacts) {
    this.#options = options;
    this.#facts = facts;
  }

  /** Is it ours, and fresh enough that nobody may take it meanwhile? */
  isHeld(): boolean {
    const { clock, staleMs } = this.#options;
    const directory = this.#ownDirectory();
    return directory !== undefined && clock.now() - directory.modifiedMs <= staleMs;
  }

  /** Ends the heartbeat and removes what is ours; a successor's lock stays. Throws what the disk says. */
  release(): void {
    const { place, directory, held } = this.#facts;
    const { io } = this.#options;
    directory.forget();
    if (held.get(place.lockDirectory) === this) held.delete(place.lockDirectory);
    if (this.#ownDirectory() === undefined) return;
    // While the directory stands nobody else can make an owner file here, so it goes first.
    io.unlinkSync(place.ownerFile);
    io.rmdirSync(place.lockDirectory);
  }

  #ownDirectory(): DirectoryStamp | undefined {
    const { place, token, inode } = this.#facts;
    const { io } = this.#options;
    const directory = directoryStamp(io, place.lockDirectory);
    if (directory === undefined || directory.inode !== inode) return undefined;
    const isOurs = readOwner(io, place.ownerFile)?.identity === token;
    return isOurs ? directory : undefined;
  }
}

interface DirectoryStamp {
  readonly inode: number;
  readonly modifiedMs: number;
}

function directoryStamp(io: LockIo, path: string): DirectoryStamp | undefined {
  const stats = io.statSync(path, { throwIfNoEntry: false });
  return stats && { inode: stats.ino, modifiedMs: stats.mtimeMs };
}

const isSameDirectory = (one: DirectoryStamp, other: DirectoryStamp | undefined): boolean =>
  other !== undefined && one.inode === other.inode && one.modifiedMs === other.modifiedMs;
