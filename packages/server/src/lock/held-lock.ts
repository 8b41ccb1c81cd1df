// A lock on disk that is ours until another takes it.

import type { Clock } from "../clock.js";
import type { LockIo } from "./lock-io.js";
import { type FileStamp, fileStamp } from "./owner-facts.js";
import type { OwnerFile } from "./owner-file.js";

export interface HeldLockParts {
  readonly io: LockIo;
  readonly clock: Clock;
  readonly staleMs: number;
}

export class HeldLock {
  readonly #parts: HeldLockParts;
  readonly #mark: string;
  readonly #file: OwnerFile;
  readonly #onLost: (cause: unknown) => void;

  constructor(parts: HeldLockParts, { mark, file, onLost }: HeldLockFacts) {
    this.#parts = parts;
    this.#mark = mark;
    this.#file = file;
    this.#onLost = onLost;
    file.hold(this);
  }

  /** Is it ours, and fresh enough that nobody may take it meanwhile? Throws what the disk says. */
  isHeld(): boolean {
    const stamp = fileStamp(this.#parts.io, this.#mark);
    return stamp !== undefined && this.#file.is(stamp) && this.#isFresh(stamp);
  }

  /** Removes the mark if it is ours; a successor's stays. Throws what the disk says. */
  release(): void {
    try {
      this.#remove();
    } finally {
      this.#file.letGo(this);
    }
  }

  releaseAtExit(): void {
    try {
      this.release();
    } catch {
      // Nobody is left to hear it; the next owner will see that this process is dead.
    }
  }

  lose(cause: unknown): void {
    this.#onLost(cause);
  }

  /** Told by the heartbeat. What cannot be looked at may be seen again at the next. */
  lookAtMark(): void {
    try {
      if (!this.#file.is(fileStamp(this.#parts.io, this.#mark))) this.lose(new Error("the lock is gone or another's"));
    } catch {
      // UPDATE looks again, and removes nothing unless it sees the lock.
    }
  }

  #remove(): void {
    const { io, clock } = this.#parts;
    let stamp = fileStamp(io, this.#mark);
    if (stamp !== undefined && this.#file.is(stamp) && !this.#isFresh(stamp)) {
      // Somebody may be about to take it, and looks at its time once more before he does.
      this.#file.beat(clock.now());
      stamp = fileStamp(io, this.#mark);
    }
    if (this.#file.is(stamp)) io.unlinkSync(this.#mark);
  }

  #isFresh({ modifiedMs }: FileStamp): boolean {
    return this.#parts.clock.now() - modifiedMs <= this.#parts.staleMs;
  }
}

interface HeldLockFacts {
  readonly mark: string;
  readonly file: OwnerFile;
  readonly onLost: (cause: unknown) => void;
}
