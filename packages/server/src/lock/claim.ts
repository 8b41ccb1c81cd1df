// The right to replace a lock whose owner is dead: a file that one process only can make, and that then becomes the lock.
//
// Its name is made from the dead owner's token, which no other owner ever has. So a claim that was made for one lock can never be
// taken for a claim on the next, and need never be removed by anybody but its maker, or whoever has the claim on a maker who died.

import { createHash } from "node:crypto";
import type { LockDisk } from "./lock-disk.js";
import { errorCode } from "./lock-io.js";
import { type FoundOwner, isUnchanged } from "./owner-facts.js";
import type { OwnerFile } from "./owner-file.js";

export interface ClaimParts {
  readonly disk: LockDisk;
  /** Creates an owner file at a path; undefined: something stands there. */
  readonly create: (path: string) => Promise<OwnerFile | undefined>;
  readonly isDead: (found: FoundOwner) => boolean;
}

/** undefined: a living process has the claim. Rejects with what the disk says. */
export async function claim(parts: ClaimParts, mark: string, dead: FoundOwner): Promise<Claim | undefined> {
  const spent: string[] = [];
  for (let owner = dead; spent.length < GENERATIONS; ) {
    const path = claimPath(mark, owner);
    const file = await parts.create(path);
    if (file !== undefined) return new Claim(parts.disk, { mark, dead, path, file, spent });
    const found = await parts.disk.readOwner(path);
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
  readonly #disk: LockDisk;
  readonly #facts: ClaimFacts;

  constructor(disk: LockDisk, facts: ClaimFacts) {
    this.#disk = disk;
    this.#facts = facts;
  }

  /** Makes the claim the lock, if the one that was judged still stands there as it was. Rejects with what the disk says. */
  async redeem(): Promise<OwnerFile | undefined> {
    const { file, spent } = this.#facts;
    try {
      if (!(await this.#becomesLock())) return void (await this.#discard());
    } catch (error) {
      await this.#discard();
      throw error;
    }
    for (const path of spent) await this.#disk.unlinkIfThere(path);
    return file;
  }

  async #becomesLock(): Promise<boolean> {
    const { mark, dead, path, file } = this.#facts;
    if (isUnchanged(dead, await this.#disk.readOwner(mark))) await this.#moveOver(path, mark);
    return file.is(await this.#disk.stamp(mark));
  }

  async #moveOver(path: string, mark: string): Promise<void> {
    try {
      await this.#disk.rename(path, mark);
    } catch (error) {
      // Somebody has cleared the maildrop by hand.
      if (errorCode(error) !== "ENOENT") throw error;
    }
  }

  async #discard(): Promise<void> {
    const { path, file } = this.#facts;
    try {
      if (file.is(await this.#disk.stamp(path))) await this.#disk.unlink(path);
    } finally {
      file.close();
    }
  }
}

/** Processes that may die one after the other in the moment of taking over one lock. */
const GENERATIONS = 8;
