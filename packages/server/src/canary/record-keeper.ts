// Reads and writes records for the canary, which must go on whatever becomes of them. What fails is told, and then left alone for
// a while: a directory that is full or read-only is not asked at each login.

import type { Clock } from "../clock.js";
import type { CanaryFiles } from "./canary-files.js";
import type { CanaryRecord } from "./canary-record.js";

/** A record that cannot be used, or not be kept. */
export interface RecordTrouble {
  readonly what: "spoilt" | "unreadable" | "not-saved";
  readonly maildrop: string;
  readonly error: string;
}

export interface RecordKeeperParts {
  readonly files: CanaryFiles;
  readonly clock: Clock;
  readonly onTrouble: (trouble: RecordTrouble) => void;
}

export class RecordKeeper {
  readonly #parts: RecordKeeperParts;
  readonly #saving = new Map<string, Promise<void>>();
  /** Until when nothing is tried, by what failed. */
  readonly #resting = new Map<RecordTrouble["what"], number>();

  constructor(parts: RecordKeeperParts) {
    this.#parts = parts;
  }

  /** Never rejects; undefined when there is none that can be believed. */
  async load(maildrop: string): Promise<CanaryRecord | undefined> {
    await this.#saving.get(maildrop);
    if (this.#rests("unreadable")) return undefined;
    try {
      const record = await this.#parts.files.load(maildrop);
      if (record !== "spoilt") return record;
      this.#parts.onTrouble({ what: "spoilt", maildrop, error: "torn, or not written by Postigo" });
    } catch (error) {
      this.#failed({ what: "unreadable", maildrop, error: String(error) });
    }
    return undefined;
  }

  /** Never rejects; saves of one maildrop follow one another. */
  save(maildrop: string, record: CanaryRecord): void {
    if (this.#rests("not-saved")) return;
    const saving = (this.#saving.get(maildrop) ?? Promise.resolve())
      .then(() => this.#parts.files.save(maildrop, record))
      .catch((error: unknown) => this.#failed({ what: "not-saved", maildrop, error: String(error) }))
      .finally(() => {
        if (this.#saving.get(maildrop) === saving) this.#saving.delete(maildrop);
      });
    this.#saving.set(maildrop, saving);
  }

  /** Resolves when nothing is being saved. */
  async idle(): Promise<void> {
    while (this.#saving.size > 0) await Promise.all(this.#saving.values());
  }

  #failed(trouble: RecordTrouble): void {
    if (this.#rests(trouble.what)) return;
    this.#resting.set(trouble.what, this.#parts.clock.now() + REST_MS);
    this.#parts.onTrouble(trouble);
  }

  #rests(what: RecordTrouble["what"]): boolean {
    const until = this.#resting.get(what);
    return until !== undefined && this.#parts.clock.now() < until;
  }
}

const REST_MS = 600_000;
