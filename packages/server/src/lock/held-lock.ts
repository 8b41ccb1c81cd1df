// A lock on disk that is ours until another takes it.

import type { Eventually } from "@postigo/storage";
import type { Clock } from "../clock.js";
import { andThen } from "./and-then.js";
import type { LockDisk } from "./lock-disk.js";
import type { FileStamp } from "./owner-facts.js";
import type { OwnerFile } from "./owner-file.js";

export interface HeldLockParts {
  readonly disk: LockDisk;
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

  /** Is it ours, and fresh enough that nobody may take it meanwhile? Throws or rejects with what the disk says. */
  isHeld(): Eventually<boolean> {
    return andThen(
      () => this.#parts.disk.stamp(this.#mark),
      (stamp) => stamp !== undefined && this.#file.is(stamp) && this.#isFresh(stamp),
    );
  }

  /**
   * Removes the mark if it is ours; a successor's stays. Throws or rejects with what the disk says. One that is not removed may
   * stand somewhere: no further locks are made of its file, so that the heartbeat which keeps it fresh comes to its end.
   */
  release(): Eventually<void> {
    return andThen(
      () => this.#remove(this.#parts.disk),
      (isRemoved) => this.#letGo(isRemoved),
      (error) => {
        this.#letGo(false);
        throw error;
      },
    );
  }

  releaseAtExit(blocking: LockDisk): void {
    try {
      void this.#remove(blocking);
    } catch {
      // Nobody is left to hear it; the next owner will see that this process is dead.
    }
  }

  lose(cause: unknown): void {
    this.#onLost(cause);
  }

  /** Told by the heartbeat. What cannot be looked at may be seen again at the next: UPDATE looks again anyway. */
  lookAtMark(): void {
    void andThen(
      () => this.#parts.disk.stamp(this.#mark),
      (stamp) => (this.#file.is(stamp) ? undefined : this.lose(new Error("the lock is gone or another's"))),
      () => undefined,
    );
  }

  #letGo(isRemoved: boolean): void {
    if (!isRemoved) this.#file.retire();
    this.#file.letGo(this);
  }

  /** Whether the mark was there and is no more. */
  #remove(disk: LockDisk): Eventually<boolean> {
    return andThen(
      () => disk.stamp(this.#mark),
      (stamp) => {
        if (stamp === undefined || !this.#file.is(stamp)) return false;
        return this.#isFresh(stamp) ? this.#unlink(disk) : this.#removeStale(disk);
      },
    );
  }

  #unlink(disk: LockDisk): Eventually<boolean> {
    return andThen(
      () => disk.unlink(this.#mark),
      () => true,
    );
  }

  /** Somebody may be about to take it, and looks at its time once more before he does. */
  async #removeStale(disk: LockDisk): Promise<boolean> {
    await this.#file.beat(this.#parts.clock.now());
    return this.#file.is(await disk.stamp(this.#mark)) && (await this.#unlink(disk));
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
