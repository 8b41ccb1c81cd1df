// What a client that knows the earlier server would find here: for each message its old unique-id, or why not.

import { type FormerId, type ImportedId, importedIdTrouble } from "@postigo/storage";
import type { Doubt, Former } from "./former.js";

/**
 * same: the old unique-id · changed: imported before under another one · lost: the file is not there any more ·
 * duplicated: another message has it · illegal: RFC 1939 forbids it · ambiguous: nobody can tell which message had it
 */
export type Fate = "same" | "changed" | "lost" | "duplicated" | "illegal" | "ambiguous";

export interface Judgement {
  readonly counts: Readonly<Record<Fate | "new", number>>;
  /** Of messages that do not keep their unique-id; at most a thousand. */
  readonly differences: readonly Difference[];
  /** All that postigo.uids is to hold. */
  readonly entries: readonly ImportedId[];
}

export interface Difference {
  /** Unique name, one latin-1 character an octet. */
  readonly name: string;
  readonly uniqueId: string;
  readonly fate: Fate;
  readonly why: string;
}

export interface Circumstances {
  readonly former: Former;
  /** Unique names of the messages in the maildrop. */
  readonly present: ReadonlySet<string>;
  /** What an earlier import has written. Clients have seen it: it stays as it is. */
  readonly imported: readonly ImportedId[];
}

export const judge = ({ former, present, imported }: Circumstances): Judgement => {
  const judging = new Judging(present, imported);
  // Of two messages with one unique-id, one that is gone must not take it from one that is there.
  for (const id of former.ids) if (present.has(id.uniqueName)) judging.take(id);
  for (const id of former.ids) if (!present.has(id.uniqueName)) judging.take(id);
  for (const doubt of former.ambiguous) judging.doubt(doubt);
  const known = new Set([
    ...former.ids.map(({ uniqueName }) => uniqueName),
    ...former.ambiguous.map(({ name }) => name),
  ]);
  for (const name of present) if (!known.has(name)) judging.untold(name, former.hasGaps);
  return judging.judgement();
};

class Judging {
  readonly counts = { same: 0, changed: 0, lost: 0, duplicated: 0, illegal: 0, ambiguous: 0, new: 0 };
  readonly #present: ReadonlySet<string>;
  readonly #entries: Map<string, ImportedId>;
  readonly #idsInUse: Set<string>;
  readonly #differences: Difference[] = [];

  constructor(present: ReadonlySet<string>, imported: readonly ImportedId[]) {
    this.#present = present;
    this.#entries = new Map(imported.map((entry) => [entry.uniqueName, entry]));
    this.#idsInUse = new Set(imported.map(({ uniqueId }) => uniqueId));
  }

  take(former: FormerId): void {
    const { uniqueName: name, uniqueId } = former;
    const { fate, why } = this.#enter(former);
    if (this.#present.has(name)) this.note({ name, uniqueId, fate, why });
    else this.note({ name, uniqueId, fate: "lost", why: "its file is not in the maildrop" });
  }

  /** What an earlier import could tell is told for good. */
  doubt({ name, why }: Doubt): void {
    const uniqueId = this.#entries.get(name)?.uniqueId;
    this.note({ name, uniqueId: uniqueId ?? "", fate: uniqueId === undefined ? "ambiguous" : "same", why });
  }

  /** A message that the earlier server does not tell of. What was imported before is safe. */
  untold(name: string, hasGaps: boolean): void {
    if (hasGaps && !this.#entries.has(name)) this.note({ name, uniqueId: "", fate: "ambiguous", why: GAPS });
    else this.counts.new += 1;
  }

  note(difference: Difference): void {
    this.counts[difference.fate] += 1;
    if (difference.fate !== "same" && this.#differences.length < MOST_TOLD) this.#differences.push(difference);
  }

  judgement(): Judgement {
    return { counts: this.counts, differences: this.#differences, entries: [...this.#entries.values()] };
  }

  #enter(former: FormerId): { readonly fate: Fate; readonly why: string } {
    const before = this.#entries.get(former.uniqueName);
    if (before !== undefined && before.uniqueId !== former.uniqueId) {
      return { fate: "changed", why: `imported before as ${before.uniqueId}` };
    }
    const trouble = importedIdTrouble(former);
    if (trouble !== undefined) return { fate: "illegal", why: trouble };
    if (before === undefined && this.#idsInUse.has(former.uniqueId)) {
      return { fate: "duplicated", why: "another message has this unique-id" };
    }
    this.#idsInUse.add(former.uniqueId);
    this.#entries.set(former.uniqueName, former);
    return { fate: "same", why: "" };
  }
}

/** Whether a client would fetch a message again that it has. */
export const wouldFetchAgain = ({ counts }: Pick<Judgement, "counts">): boolean =>
  counts.changed + counts.duplicated + counts.illegal + counts.ambiguous > 0;

const GAPS = "lines of the earlier server's list were left out, and one of them may have been its own";
const MOST_TOLD = 1000;
