// One try at the lock on disk: make the mark and the owner file, or take both over from an owner that is dead or silent.
// The order of the steps, and why no two processes can both come out as the owner, stand in README.md of this folder.

import type { Clock } from "../clock.js";
import { HeldLock, type LockShop } from "./held-lock.js";
import { type HostFacts, processState } from "./host-facts.js";
import type { TakeoverReason } from "./lock-event.js";
import { type LockIo, removeMark } from "./lock-io.js";
import { isSameMark, type KeptMark, LockMarks, type MarkStamp, markStamp } from "./lock-mark.js";
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
    const marks = new LockMarks(io, staleMs, (path) => held.get(path)?.release());
    this.#here = here;
    this.#shop = { io, clock, staleMs, marks, held };
  }

  /** Throws what the disk says. `onLost` is called when a heartbeat finds the mark gone or touched by another. */
  async try(place: LockPlace, owner: LockOwner, onLost: LostListener): Promise<TryOutcome> {
    this.#clearLeftover(place, owner);
    const mark = await this.#shop.marks.make(place, onLost);
    if (mark === undefined) return this.#takeOver(place, owner, onLost);
    if (this.#signNew(place, owner, mark)) return this.#confirm(place, owner, mark, undefined);
    // Another took over our mark before we had named ourselves. It is his now.
    this.#shop.marks.forget(mark);
    return { type: "busy", owner: readOwner(this.#shop.io, place.ownerFile)?.owner };
  }

  /** An owner file whose mark is gone says nothing any more. It goes before a mark is made, or it would speak for that one. */
  #clearLeftover(place: LockPlace, owner: LockOwner): void {
    const { io } = this.#shop;
    const found = readOwner(io, place.ownerFile);
    if (found === undefined || markStamp(io, place.mark) !== undefined) return;
    // An owner who has just left took his file before his mark; only one who stands there still has truly lost it.
    if (readOwner(io, place.ownerFile)?.identity !== found.identity) return;
    removeOwner(io, place.ownerFile, found, owner.token);
  }

  /** Names us as the owner of a mark we have made. A disk that cannot take the name gets the mark off again. */
  #signNew(place: LockPlace, owner: LockOwner, mark: KeptMark): boolean {
    const { io, marks } = this.#shop;
    try {
      return createOwner(io, place.ownerFile, owner);
    } catch (error) {
      marks.forget(mark);
      removeMark(io, place.mark);
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
    const judged = markStamp(io, place.mark);
    if (judged === undefined) return { type: "busy", owner: undefined };
    const why = this.#reasonToTake(found, judged);
    if (why === undefined) return { type: "busy", owner: found?.owner };
    if (!this.#replaceOwner(place, found, owner)) return { type: "busy", owner: undefined };
    const mark = await this.#adopt(place, judged, onLost);
    return this.#confirm(place, owner, mark, { why, owner: found?.owner });
  }

  /** A mark that has changed since it was judged has a history we have not seen: step back. */
  async #adopt(place: LockPlace, judged: MarkStamp, onLost: LostListener): Promise<KeptMark | undefined> {
    const { io, marks } = this.#shop;
    if (!isSameMark(judged, markStamp(io, place.mark))) return undefined;
    return marks.adopt(place, onLost);
  }

  #reasonToTake(found: FoundOwner | undefined, mark: MarkStamp): TakeoverReason | undefined {
    const proof = found?.owner && proofOfDeath(found.owner, this.#here, processState);
    if (proof !== undefined) return proof;
    return this.#shop.clock.now() - mark.modifiedMs > this.#shop.staleMs ? "stale" : undefined;
  }

  /** The owner file says that it is ours. It is, if it still says so and the mark is the one we have made or judged. */
  #confirm(
    place: LockPlace,
    owner: LockOwner,
    mark: KeptMark | undefined,
    takenFrom: Takeover | undefined,
  ): TryOutcome {
    const { io, marks } = this.#shop;
    const isOurs = mark && isSameMark(mark.stamp, markStamp(io, place.mark));
    if (isOurs && (takenFrom === undefined || holdsToken(io, place.ownerFile, owner.token))) {
      return { type: "held", lock: new HeldLock(this.#shop, { place, token: owner.token, mark }), takenFrom };
    }
    if (mark !== undefined) marks.forget(mark);
    removeOwner(io, place.ownerFile, { owner, identity: owner.token }, owner.token);
    return { type: "busy", owner: undefined };
  }
}
