// Notices that another directory has come into the place of a maildrop: a disk that is not mounted, a bad restore. To a client
// that looks like "all my mail is gone" and later "all my mail is new", and it fetches everything again (ADR 0080).
//
//   known     what this process saw last of each maildrop. Table and folders unchanged: nothing is done, at no system call
//   record    what is written down for processes to come, and for others that serve the same spool. Read when a maildrop is opened
//             for the first time and when its folders have changed; written when it has drifted from what is there, so that
//             neither a poll nor a mail that comes writes anything
//
// Where records are kept, they decide, so that `accept-change` can remove one; what this process knows can only speak in favour.

import type { MaildirFolders, MessageTable } from "@postigo/storage";
import { LruMap } from "../auth/lru-map.js";
import type { CanaryRecord } from "./canary-record.js";
import { areSameFolders, type CanaryThresholds, FAMILIAR, isSameMaildrop, type Judgement, judge } from "./judgement.js";
import type { RecordKeeper } from "./record-keeper.js";
import { EMPTY_SAMPLE, type Sample, survey, without } from "./sample.js";

export interface CanaryParts {
  /** undefined: what is known goes with this process. */
  readonly keeper: RecordKeeper | undefined;
  /** Of the kernel that runs now; empty if it does not tell. */
  readonly bootId: string;
}

/** What a login found. */
export interface Sight {
  readonly maildrop: string;
  readonly table: MessageTable;
  /** undefined: the maildrop does not exist. */
  readonly folders: MaildirFolders | undefined;
}

interface Known {
  /** Not held: its memory is the storage's to give. */
  readonly table: WeakRef<MessageTable>;
  readonly seen: CanaryRecord;
  /** As it stands in the file, so far as this process knows. */
  readonly record: CanaryRecord | undefined;
  /** What of the record's sample is still there. */
  readonly kept: Sample;
}

export class Canary {
  readonly #parts: CanaryParts;
  readonly #known = new LruMap<string, Known>(MOST_KNOWN);

  constructor(parts: CanaryParts) {
    this.#parts = parts;
  }

  /** Judges what a login found, under the lock of the maildrop; a promise only if there is something to look at. Never rejects. */
  judge(sight: Sight, thresholds: CanaryThresholds): Judgement | Promise<Judgement> {
    const known = this.#known.get(sight.maildrop);
    const isUnchanged = known?.table.deref() === sight.table && areSameFolders(known.seen.folders, sight.folders);
    return isUnchanged ? FAMILIAR : this.#look(sight, known, thresholds);
  }

  /** A session has removed these messages: nobody need wonder later where they are. */
  removed({ maildrop, table }: Sight, positions: readonly number[], thresholds: CanaryThresholds): void {
    const known = this.#known.get(maildrop);
    if (known === undefined || positions.length === 0) return;
    const [sample = EMPTY_SAMPLE, kept = EMPTY_SAMPLE] = without([known.seen.sample, known.kept], table, positions);
    const count = Math.max(0, known.seen.count - positions.length);
    this.#keep(maildrop, { ...known, seen: { ...known.seen, count, sample }, kept }, thresholds);
  }

  /** Resolves when nothing is being saved. */
  async idle(): Promise<void> {
    await this.#parts.keeper?.idle();
  }

  async #look(sight: Sight, known: Known | undefined, thresholds: CanaryThresholds): Promise<Judgement> {
    const { maildrop, table, folders } = sight;
    const { keeper, bootId } = this.#parts;
    const isFamiliar = known !== undefined && isSameMaildrop(known.seen, { folders, bootId });
    const record = isFamiliar ? known.record : await keeper?.load(maildrop);
    const earlier = [record?.sample ?? EMPTY_SAMPLE, known?.seen.sample ?? EMPTY_SAMPLE] as const;
    // Most maildrops of those who fetch and delete: nothing to compare with, and nothing worth a comparison later.
    const isNothing = table.count < thresholds.least && earlier.every(({ length }) => length === 0);
    const { sample, kept } = isNothing ? NOTHING : await survey(table, earlier);
    const [keptOfRecord = EMPTY_SAMPLE, keptOfKnown = EMPTY_SAMPLE] = kept;
    if (!isFamiliar) {
      const written = record && { of: record, kept: keptOfRecord };
      const remembered = known && { of: known.seen, kept: keptOfKnown };
      const memories = keeper === undefined ? ([remembered, undefined] as const) : ([written, remembered] as const);
      const judgement = judge(memories, { folders, bootId }, thresholds);
      if (judgement.type === "changed") return judgement;
    }
    if (folders === undefined) return FAMILIAR;
    const seen = { folders, bootId, count: table.count, sample };
    this.#keep(maildrop, { table: new WeakRef(table), seen, record, kept: keptOfRecord }, thresholds);
    return FAMILIAR;
  }

  #keep(maildrop: string, known: Known, { least }: CanaryThresholds): void {
    const { keeper } = this.#parts;
    if (keeper === undefined || !hasDrifted(known, least)) {
      this.#known.set(maildrop, known);
      return;
    }
    // Of a maildrop that is not worth an alarm nothing is written but that there is nothing.
    const sample = known.seen.count < least ? EMPTY_SAMPLE : known.seen.sample;
    const record = { ...known.seen, sample };
    keeper.save(maildrop, record);
    this.#known.set(maildrop, { ...known, record, kept: sample });
  }
}

/** Whether the record must be written anew: it would soon raise, or fail to raise, an alarm that the messages do not warrant. */
function hasDrifted({ seen, record, kept }: Known, least: number): boolean {
  const isWorthIt = seen.count >= least && seen.sample.length > 0;
  if (record === undefined || record.sample.length === 0) return isWorthIt;
  if (kept.length < record.sample.length * STEADY) return true;
  if (!areSameFolders(record.folders, seen.folders)) return true;
  return isWorthIt && seen.count >= record.count * GROWN;
}

const NOTHING = { sample: EMPTY_SAMPLE, kept: [] } as const;
/** At about 500 octets each. One that is pushed out is read again, or, where nothing is kept, let pass once. */
const MOST_KNOWN = 10_000;
const STEADY = 0.75;
const GROWN = 2;
