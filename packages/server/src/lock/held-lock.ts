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

  /** Removes the mark if it is ours; a successor's stays. Throws or rejects with what the disk says. */
  release(): Eventually<void> {
    const letGo = (): void => this.#file.letGo(this);
    return andThen(
      () => this.#remove(this.#parts.disk),
      letGo,
      (error) => {
        letGo();
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

  #remove(disk: LockDisk): Eventually<void> {
    return andThen(
      () => disk.stamp(this.#mark),
      (stamp) => {
        if (stamp === undefined || !this.#file.is(stamp)) return undefined;
        return this.#isFresh(stamp) ? disk.unlink(this.#mark) : this.#removeStale(disk);
      },
    );
  }

  /** Somebody may be about to take it, and looks at its time once more before he does. */
  async #removeStale(disk: LockDisk): Promise<void> {
    await this.#file.beat(this.#parts.clock.now());
    if (this.#file.is(await disk.stamp(this.#mark))) await disk.unlink(this.#mark);
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
