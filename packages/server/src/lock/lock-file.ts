// One try at the lock on disk: make the directory and the owner file, or take both over from an owner that is dead or silent.
// The order of the steps, and why no two processes can both come out as the owner, stand in README.md of this folder.

import type { Clock } from "../clock.js";
import {
  DirectoryLock,
  type DirectoryStamp,
  directoryStamp,
  isSameDirectory,
  type KeptDirectory,
} from "./directory-lock.js";
import { HeldLock, type LockShop } from "./held-lock.js";
import { type HostFacts, processState } from "./host-facts.js";
import type { TakeoverReason } from "./lock-event.js";
import type { LockIo } from "./lock-io.js";
import type { LockPlace } from "./lock-place.js";
import type { LockOwner } from "./maildrop-lock.js";
import { createOwner, type FoundOwner, holdsToken, readOwner, removeOwner } from "./owner-file.js";
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

type LostListener = (cause: unknown) => void;

export class LockFile {
  readonly #here: HostFacts;
  readonly #shop: LockShop;

  constructor({ io, clock, staleMs, here }: LockFileOptions) {
    const held = new Map<string, HeldLock>();
    const directories = new DirectoryLock(io, staleMs, (path) => held.get(path)?.release());
    this.#here = here;
    this.#shop = { io, clock, staleMs, directories, held };
  }

  /** Throws what the disk says. `onLost` is called when a heartbeat finds the directory gone or touched by another. */
  async try(place: LockPlace, owner: LockOwner, onLost: LostListener): Promise<TryOutcome> {
    this.#clearLeftover(place, owner);
    const directory = await this.#shop.directories.make(place, onLost);
    if (directory === undefined) return this.#takeOver(place, owner, onLost);
    if (this.#signNew(place, owner, directory)) return this.#confirm(place, owner, directory, undefined);
    // Another took over our directory before we had named ourselves. It is his now.
    this.#shop.directories.forget(directory);
    return { type: "busy", owner: readOwner(this.#shop.io, place.ownerFile)?.owner };
  }

  /** An owner file whose directory is gone says nothing any more. It goes before a directory is made, or it would speak for that one. */
  #clearLeftover(place: LockPlace, owner: LockOwner): void {
    const { io } = this.#shop;
    const found = readOwner(io, place.ownerFile);
    if (found === undefined || directoryStamp(io, place.lockDirectory) !== undefined) return;
    // An owner who has just left took his file before his directory; only one who stands there still has truly lost it.
    if (readOwner(io, place.ownerFile)?.identity !== found.identity) return;
    removeOwner(io, place.ownerFile, found, owner.token);
  }

  /** Names us as the owner of a directory we have made. A disk that cannot take the name gets the directory off again. */
  #signNew(place: LockPlace, owner: LockOwner, directory: KeptDirectory): boolean {
    const { io, directories } = this.#shop;
    try {
      return createOwner(io, place.ownerFile, owner);
    } catch (error) {
      directories.forget(directory);
      io.rmdirSync(place.lockDirectory);
      throw error;
    }
  }

  /** Puts us in the place of the owner that was found, and of no other. */
  #replaceOwner(place: LockPlace, found: FoundOwner | undefined, owner: LockOwner): boolean {
    const { io } = this.#shop;
    if (found !== undefined && !removeOwner(io, place.ownerFile, found, owner.token)) return false;
    return createOwner(io, place.ownerFile, owner);
  }

  async #takeOver(place: LockPlace, owner: LockOwner, onLost: LostListener): Promise<TryOutcome> {
    const { io } = this.#shop;
    const found = readOwner(io, place.ownerFile);
    const judged = directoryStamp(io, place.lockDirectory);
    if (judged === undefined) return { type: "busy", owner: undefined };
    const why = this.#reasonToTake(found, judged);
    if (why === undefined) return { type: "busy", owner: found?.owner };
    if (!this.#replaceOwner(place, found, owner)) return { type: "busy", owner: undefined };
    const directory = await this.#adopt(place, judged, onLost);
    return this.#confirm(place, owner, directory, { why, owner: found?.owner });
  }

  /** A directory that has changed since it was judged has a history we have not seen: step back. */
  async #adopt(place: LockPlace, judged: DirectoryStamp, onLost: LostListener): Promise<KeptDirectory | undefined> {
    const { io, directories } = this.#shop;
    if (!isSameDirectory(judged, directoryStamp(io, place.lockDirectory))) return undefined;
    return directories.adopt(place, onLost);
  }

  #reasonToTake(found: FoundOwner | undefined, directory: DirectoryStamp): TakeoverReason | undefined {
    const proof = found?.owner && proofOfDeath(found.owner, this.#here, processState);
    if (proof !== undefined) return proof;
    return this.#shop.clock.now() - directory.modifiedMs > this.#shop.staleMs ? "stale" : undefined;
  }

  /** The owner file says that it is ours. It is, if it still says so and the directory is the one we have made or judged. */
  #confirm(
    place: LockPlace,
    owner: LockOwner,
    directory: KeptDirectory | undefined,
    takenFrom: Takeover | undefined,
  ): TryOutcome {
    const { io, directories } = this.#shop;
    const isOurs = directory && isSameDirectory(directory.stamp, directoryStamp(io, place.lockDirectory));
    if (isOurs && (takenFrom === undefined || holdsToken(io, place.ownerFile, owner.token))) {
      return { type: "held", lock: new HeldLock(this.#shop, { place, token: owner.token, directory }), takenFrom };
    }
    if (directory !== undefined) directories.forget(directory);
    removeOwner(io, place.ownerFile, { owner, identity: owner.token }, owner.token);
    return { type: "busy", owner: undefined };
  }
}
