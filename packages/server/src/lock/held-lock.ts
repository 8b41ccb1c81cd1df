// A lock on disk that is ours until another takes it.

import type { Clock } from "../clock.js";
import { errorCode, type LockIo, removeMark } from "./lock-io.js";
import { type KeptMark, type LockMarks, type MarkStamp, markStamp } from "./lock-mark.js";
import type { LockPlace } from "./lock-place.js";
import { holdsToken } from "./owner-file.js";

/** What all locks of a process share. */
export interface LockShop {
  readonly io: LockIo;
  readonly clock: Clock;
  readonly staleMs: number;
  readonly marks: LockMarks;
  /** By lock mark, for the exit of the process. */
  readonly held: Map<string, HeldLock>;
}

export interface HeldFacts {
  readonly place: LockPlace;
  readonly token: string;
  readonly mark: KeptMark;
}

export class HeldLock {
  readonly #shop: LockShop;
  readonly #place: LockPlace;
  readonly #token: string;
  readonly #mark: KeptMark;

  constructor(shop: LockShop, { place, token, mark }: HeldFacts) {
    this.#shop = shop;
    this.#place = place;
    this.#token = token;
    this.#mark = mark;
    shop.held.set(place.mark, this);
  }

  /** Is it ours, and fresh enough that nobody may take it meanwhile? Throws what the disk says. */
  isHeld(): boolean {
    const mark = this.#ownMark();
    return mark !== undefined && this.#isFresh(mark);
  }

  /** Ends the heartbeat and removes what is ours; a successor's lock stays. Throws what the disk says. */
  release(): void {
    const { io, marks, held } = this.#shop;
    marks.forget(this.#mark);
    held.delete(this.#place.mark);
    const mark = this.#ownMark();
    if (mark === undefined) return;
    // While the mark stands nobody makes an owner file here, so it goes first.
    const wasThere = unlinkIfThere(io, this.#place.ownerFile);
    // Somebody has our owner file aside. If we are fresh it is a mistake of his, and he will put it back: a leftover then.
    if (wasThere || this.#isFresh(mark)) removeMark(io, this.#place.mark);
  }

  #isFresh({ modifiedMs }: MarkStamp): boolean {
    return this.#shop.clock.now() - modifiedMs <= this.#shop.staleMs;
  }

  #ownMark(): MarkStamp | undefined {
    const mark = markStamp(this.#shop.io, this.#place.mark);
    if (mark === undefined || mark.inode !== this.#mark.stamp.inode) return undefined;
    return holdsToken(this.#shop.io, this.#place.ownerFile, this.#token) ? mark : undefined;
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
