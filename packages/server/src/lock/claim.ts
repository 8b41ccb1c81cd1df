// The right to replace a lock whose owner is dead: a file that one process only can make, and that then becomes the lock.
//
// Its name is made from the dead owner's token, which no other owner ever has. So a claim that was made for one lock can never be
// taken for a claim on the next, and need never be removed by anybody but its maker, or whoever has the claim on a maker who died.

import { createHash } from "node:crypto";
import { errorCode, type LockIo, unlinkIfThere } from "./lock-io.js";
import { type FoundOwner, fileStamp, isUnchanged, readOwner } from "./owner-facts.js";
import type { OwnerFile } from "./owner-file.js";

export interface ClaimParts {
  readonly io: LockIo;
  /** Creates an owner file at a path; undefined: something stands there. */
  readonly create: (path: string) => OwnerFile | undefined;
  readonly isDead: (found: FoundOwner) => boolean;
}

/** undefined: a living process has the claim. Throws what the disk says. */
export function claim(parts: ClaimParts, mark: string, dead: FoundOwner): Claim | undefined {
  const spent: string[] = [];
  for (let owner = dead; spent.length < GENERATIONS; ) {
    const path = claimPath(mark, owner);
    const file = parts.create(path);
    if (file !== undefined) return new Claim(parts.io, { mark, dead, path, file, spent });
    const found = readOwner(parts.io, path);
    if (found === undefined || !parts.isDead(found)) return undefined;
    spent.push(path);
    owner = found;
  }
  return undefined;
}

/** Of what cannot be read the inode and its time have to serve. */
export function claimPath(mark: string, { owner, stamp }: FoundOwner): string {
  const name = owner?.token ?? `${stamp.device}:${stamp.inode}:${stamp.modifiedMs}`;
  return `${mark}.${createHash("sha256").update(name).digest("base64url")}`;
}

interface ClaimFacts {
  readonly mark: string;
  readonly dead: FoundOwner;
  readonly path: string;
  readonly file: OwnerFile;
  /** Claims of others who have died since. */
  readonly spent: readonly string[];
}

export class Claim {
  readonly #io: LockIo;
  readonly #facts: ClaimFacts;

  constructor(io: LockIo, facts: ClaimFacts) {
    this.#io = io;
    this.#facts = facts;
  }

  /** Makes the claim the lock, if the one that was judged still stands there as it was. Throws what the disk says. */
  redeem(): OwnerFile | undefined {
    const { mark, dead, file, spent } = this.#facts;
    try {
      if (isUnchanged(dead, readOwner(this.#io, mark))) this.#moveOver();
      if (!file.is(fileStamp(this.#io, mark))) return void this.#discard();
    } catch (error) {
      this.#discard();
      throw error;
    }
    for (const path of spent) unlinkIfThere(this.#io, path);
    return file;
  }

  #moveOver(): void {
    const { path, mark } = this.#facts;
    try {
      this.#io.renameSync(path, mark);
    } catch (error) {
      // Somebody has cleared the maildrop by hand.
      if (errorCode(error) !== "ENOENT") throw error;
    }
  }

  #discard(): void {
    const { path, file } = this.#facts;
    if (file.is(fileStamp(this.#io, path))) this.#io.unlinkSync(path);
    file.close();
  }
}

/** Processes that may die one after the other in the moment of taking over one lock. */
const GENERATIONS = 8;
