// Saves what was learnt, when that is worth a write: an appended record while they are few against the snapshot, else a new
// snapshot through a temporary file and a rename. `kill -9` at any moment leaves the old file, the new one, or the old one with a
// torn record, and loading knows each. Nothing is synced: what a power cut takes costs a second count.

import type { MaildirSite } from "../maildir/maildir-site.js";
import { errnoOf } from "../ports/errno.js";
import { StorageError } from "../storage-error.js";
import type { KnownMaildrop } from "../table/known-maildrop.js";
import { encodeRecord } from "./fact-log.js";
import { INDEX_NAME } from "./load-index.js";
import { encodeSnapshot } from "./snapshot.js";

export interface IndexKeeperDeps {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onTrouble: (trouble: StorageError) => void;
}

export class IndexKeeper {
  readonly #deps: IndexKeeperDeps;
  /** Until when not to try again, by root: a read-only spool or a full disk is not asked at each login. */
  readonly #resting = new Map<string, number>();
  readonly #saving = new Map<string, Promise<void>>();

  constructor(deps: IndexKeeperDeps) {
    this.#deps = deps;
  }

  /** Never rejects; saves of one maildrop follow one another. */
  save(site: MaildirSite, known: KnownMaildrop): Promise<void> {
    const { root } = site;
    const saving = (this.#saving.get(root) ?? Promise.resolve()).then(() => this.#saveOrRest(site, known));
    this.#saving.set(root, saving);
    return saving.then(() => {
      if (this.#saving.get(root) === saving) this.#saving.delete(root);
    });
  }

  /** Resolves when nothing is being saved. */
  async idle(): Promise<void> {
    while (this.#saving.size > 0) await Promise.all(this.#saving.values());
  }

  async #saveOrRest(site: MaildirSite, known: KnownMaildrop): Promise<void> {
    const { root } = site;
    if (this.#isResting(root)) return;
    try {
      await this.#save(site, known);
    } catch (cause) {
      this.#rest(root);
      this.#deps.onTrouble(new StorageError("INDEX_NOT_SAVED", `${root}/${INDEX_NAME}`, cause));
    }
  }

  async #save(site: MaildirSite, known: KnownMaildrop): Promise<void> {
    const unsaved = known.unsavedCount();
    if (unsaved === 0 || isNotWorthIt(known)) return;
    const { saved } = known;
    const isAppendable = saved?.isWhole && unsaved * FACT_GUESS + saved.log <= logLimit(saved.snapshot);
    if (saved === undefined || !isAppendable || !(await append(site, known))) await replace(site, known);
  }

  #isResting(root: string): boolean {
    const until = this.#resting.get(root);
    if (until === undefined || this.#deps.now() < until) return until !== undefined;
    this.#resting.delete(root);
    return false;
  }

  #rest(root: string): void {
    if (this.#resting.size >= RESTING_MAX) this.#resting.clear();
    this.#resting.set(root, this.#deps.now() + REST_MS);
  }
}

/** Whether there was a file to append to. */
async function append({ fs, root }: MaildirSite, known: KnownMaildrop): Promise<boolean> {
  const { saved } = known;
  if (saved === undefined) return false;
  const record = encodeRecord(known.unsaved());
  try {
    await fs.append(`${root}/${INDEX_NAME}`, record);
  } catch (error) {
    known.saved = { ...saved, isWhole: false };
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
  known.allSaved({ ...saved, log: saved.log + record.length });
  return true;
}

async function replace({ fs, root }: MaildirSite, known: KnownMaildrop): Promise<void> {
  known.settle();
  const snapshot = await encodeSnapshot(known.table, known.stamps, () => fs.yieldIfDue());
  await fs.replaceFile(`${root}/${INDEX_NAME}`, snapshot, { durable: false });
  known.allSaved({ snapshot: snapshot.length, log: 0, isWhole: true });
}

/** A small maildrop whose names told everything would gain a stat a message. */
function isNotWorthIt({ saved, counted, table }: KnownMaildrop): boolean {
  return saved === undefined && counted === 0 && table.count < SMALL;
}

function logLimit(snapshot: number): number {
  return Math.max(LOG_MIN, snapshot / 4);
}

const SMALL = 200;
/** About what a fact takes up. */
const FACT_GUESS = 80;
const LOG_MIN = 16_384;
const REST_MS = 600_000;
const RESTING_MAX = 10_000;
