// One try at the lock on disk: make the mark, or take over that of an owner who is dead or silent.
// The order of the steps, and why no two processes can both come out as the owner, stand in README.md of this folder.

import type { Clock } from "../clock.js";
import { claim } from "./claim.js";
import { Heartbeats } from "./heartbeat.js";
import { HeldLock, type HeldLockParts } from "./held-lock.js";
import type { HostFacts } from "./host-facts.js";
import type { LockDisk } from "./lock-disk.js";
import type { TakeoverReason } from "./lock-event.js";
import { errorCode } from "./lock-io.js";
import type { LockPlace } from "./lock-place.js";
import type { LockOwner } from "./maildrop-lock.js";
import type { FoundOwner } from "./owner-facts.js";
import type { OwnerFile } from "./owner-file.js";
import { OwnerFiles } from "./owner-files.js";
import { reasonToTake } from "./reason-to-take.js";

export type TryOutcome =
  | { readonly type: "held"; readonly lock: HeldLock; readonly takenFrom: Takeover | undefined }
  | { readonly type: "busy"; readonly owner: LockOwner | undefined };

export interface Takeover {
  readonly why: TakeoverReason;
  readonly owner: LockOwner | undefined;
}

export interface LockFileOptions {
  readonly disk: LockDisk;
  readonly clock: Clock;
  readonly staleMs: number;
  readonly here: HostFacts;
}

type LostListener = (cause: unknown) => void;

export class LockFile {
  readonly #parts: HeldLockParts;
  readonly #here: HostFacts;
  readonly #files: OwnerFiles;

  constructor({ disk, clock, staleMs, here }: LockFileOptions) {
    this.#parts = { disk, clock, staleMs };
    this.#here = here;
    const parts = { ...this.#parts, heartbeats: new Heartbeats(staleMs) };
    this.#files = new OwnerFiles(parts, here, (found) => this.#reasonToTake(found) !== undefined);
  }

  /** Rejects with what the disk says. `onLost` is called when a heartbeat finds the mark gone or another's. */
  async try(place: LockPlace, onLost: LostListener): Promise<TryOutcome> {
    const file = await this.#files.mark(place);
    return file === undefined ? this.#takeOver(place, onLost) : this.#held(place, file, onLost);
  }

  /** Leaves on disk what is held, and nothing else. */
  close(): void {
    this.#files.retire();
  }

  #held({ mark }: LockPlace, file: OwnerFile, onLost: LostListener, takenFrom?: Takeover): TryOutcome {
    return { type: "held", lock: new HeldLock(this.#parts, { mark, file, onLost }), takenFrom };
  }

  async #takeOver(place: LockPlace, onLost: LostListener): Promise<TryOutcome> {
    const found = await this.#parts.disk.readOwner(place.mark);
    if (found === undefined) return { type: "busy", owner: undefined };
    // Ours, by another path (a bind mount), or left behind by a release that failed or did not find it: nobody can tell which.
    // No further locks are made of that file, so that its heartbeat ends with those it has.
    this.#files.retireIfOurs(found.stamp);
    const why = this.#reasonToTake(found);
    if (why === undefined) return { type: "busy", owner: found.owner };
    const file = await (found.isDirectory ? this.#replaceDirectory(place) : this.#replace(place, found));
    if (file === undefined) return { type: "busy", owner: undefined };
    await this.#files.clearLeftovers(place);
    return this.#held(place, file, onLost, { why, owner: found.owner });
  }

  async #replace({ mark }: LockPlace, dead: FoundOwner): Promise<OwnerFile | undefined> {
    const parts = {
      disk: this.#parts.disk,
      create: (path: string) => this.#files.createAt(path),
      isDead: (found: FoundOwner) => this.#reasonToTake(found) !== undefined,
    };
    return (await claim(parts, mark, dead))?.redeem();
  }

  /** No rename replaces a directory. Once it is gone whoever comes first has the lock. */
  async #replaceDirectory(place: LockPlace): Promise<OwnerFile | undefined> {
    try {
      await this.#parts.disk.rmdir(place.mark);
    } catch (error) {
      const code = errorCode(error);
      if (code !== "ENOENT" && code !== "ENOTDIR") throw error;
    }
    return this.#files.mark(place);
  }

  #reasonToTake(found: FoundOwner): TakeoverReason | undefined {
    return reasonToTake(found, { clock: this.#parts.clock, staleMs: this.#parts.staleMs, here: this.#here });
  }
}
