// Opens maildrops: at once where nothing has changed since the last time, else by listing.

import { andThen, type Eventually } from "./eventually.js";
import { IndexKeeper } from "./index/index-keeper.js";
import { loadIndex } from "./index/load-index.js";
import { uniqueNameOf } from "./maildir/file-name.js";
import { findFolder, findMaildir, troubleWith } from "./maildir/layout.js";
import type { MaildirSite } from "./maildir/maildir-site.js";
import { readStamps, type Stamps, sameStamps } from "./maildir/stamps.js";
import type { MaildirStore, OpeningSource, OpenOptions, OpenOutcome } from "./maildir-store.js";
import type { MessageTable } from "./maildrop.js";
import { createMaildrop } from "./message/create-maildrop.js";
import { disposalOf, isTrash } from "./message/disposal.js";
import type { MaildropParts } from "./message/maildrop-parts.js";
import { OctetCounter } from "./message/octet-count.js";
import { SessionView } from "./message/session-view.js";
import type { OctetRule } from "./octet-rule.js";
import type { FileStatus, StorageRoots } from "./ports/file-system.js";
import { octetPath } from "./ports/octet-path.js";
import { StorageError } from "./storage-error.js";
import { ChosenTable, positionsThat } from "./table/chosen-table.js";
import { IdentifiedTable } from "./table/identified-table.js";
import { type Knowledge, KnownMaildrop } from "./table/known-maildrop.js";
import { type ListingTask, listMaildrop } from "./table/list-maildrop.js";
import { MessageColumns } from "./table/message-columns.js";
import { nameMessages } from "./table/name-messages.js";
import { TableCache } from "./table/table-cache.js";
import { uidsStatus } from "./uid/imported-ids-file.js";
import { finishUpdate } from "./update/finish-update.js";
import type { Intent, Journal } from "./update/journal.js";
import { hasJournal, JOURNAL_NAME, loadJournal, removeJournal } from "./update/journal-file.js";
import { journalTrouble } from "./update/settle-update.js";

export interface MaildirStoreDeps {
  readonly roots: StorageRoots;
  readonly rule: OctetRule;
  /** Octets of memory that tables of closed maildrops may take; the default is 64 MiB. */
  readonly cacheOctets?: number;
  /** Milliseconds since 1970; the default is the clock of the system. */
  readonly now?: () => number;
  /** Hears where each table came from, for counting. */
  readonly onTable?: (source: OpeningSource) => void;
  /** Hears what failed nothing that was asked for: events for a log. */
  readonly onTrouble?: (trouble: StorageError) => void;
}

export interface DurableMaildirStore extends MaildirStore {
  /** Resolves when no maildrop is being opened and nothing is being saved. */
  flush(): Promise<void>;
}

export function createMaildirStore(deps: MaildirStoreDeps): DurableMaildirStore {
  return new DiskMaildirStore(deps);
}

type Progress = (done: number, total: number) => void;

class DiskMaildirStore implements DurableMaildirStore {
  readonly #roots: StorageRoots;
  readonly #now: () => number;
  readonly #counter: OctetCounter;
  readonly #keeper: IndexKeeper;
  readonly #cache: TableCache;
  readonly #onTrouble: (trouble: StorageError) => void;
  readonly #onTable: ((source: OpeningSource) => void) | undefined;
  readonly #openings = new Map<string, Opening>();
  readonly #underWay = new Set<Promise<OpenOutcome>>();

  constructor({
    roots,
    rule,
    cacheOctets = CACHE_OCTETS,
    now = Date.now,
    onTable,
    onTrouble = () => undefined,
  }: MaildirStoreDeps) {
    this.#roots = roots;
    this.#now = now;
    this.#counter = new OctetCounter(rule);
    this.#keeper = new IndexKeeper({ now, onTrouble });
    this.#cache = new TableCache(cacheOctets);
    this.#onTrouble = onTrouble;
    this.#onTable = onTable;
  }

  open(path: string, options: OpenOptions = {}): Eventually<OpenOutcome> {
    const root = octetPath(path);
    const fs = this.#roots.of(root);
    if (fs instanceof Promise) return fs.then((found) => this.#openOrRecover({ fs: found, root }, options));
    return this.#openOrRecover({ fs, root }, options);
  }

  async flush(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
    await this.#keeper.idle();
  }

  #openOrRecover(site: MaildirSite, options: OpenOptions): Eventually<OpenOutcome> {
    if (options.recover !== true) return this.#openAt(site, options);
    return andThen(hasJournal(site), (isCutOff) =>
      isCutOff ? this.#tracked(this.#recover(site, options)) : this.#openAt(site, options),
    );
  }

  async #recover(site: MaildirSite, options: OpenOptions): Promise<OpenOutcome> {
    const known = await this.#listApproved(site, options);
    if (known instanceof StorageError) return { type: "unavailable", error: known };
    const journal = await this.#journalOf(site);
    if (journal instanceof StorageError) return { type: "unavailable", error: journal };
    return journal === undefined ? this.#openAt(site, options) : this.#finish(site, known, { ...options, journal });
  }

  /** What cannot be read names mail that a client has deleted: shown again it would be fetched again, and the next update would write over it. */
  async #journalOf(site: MaildirSite): Promise<Journal | StorageError | undefined> {
    try {
      const journal = await loadJournal(site);
      if (journal === "torn") await this.#dropTorn(site);
      if (journal === "foreign") return this.#journalTrouble(site, FOREIGN);
      return typeof journal === "string" ? undefined : journal;
    } catch (cause) {
      return this.#journalTrouble(site, cause);
    }
  }

  /** Nothing had begun. */
  async #dropTorn(site: MaildirSite): Promise<void> {
    this.#onTrouble(new StorageError("JOURNAL_TORN", `${site.root}/${JOURNAL_NAME}`));
    try {
      await removeJournal(site);
    } catch (cause) {
      this.#journalTrouble(site, cause);
    }
  }

  #journalTrouble({ root }: MaildirSite, cause: unknown): StorageError {
    return journalTrouble({ root, onTrouble: this.#onTrouble }, cause);
  }

  /** Finishes the update, and lists again. */
  async #finish(
    site: MaildirSite,
    known: KnownMaildrop,
    { journal, ...options }: OpenOptions & { readonly journal: Journal },
  ): Promise<OpenOutcome> {
    const parts = this.#partsOf(site, known, { ...options, deleted: journal.disposal });
    const view = new SessionView(parts);
    const { report, left } = await finishUpdate(view, journal, options.mayGoOn ?? always);
    parts.forget(report.removed.map(({ position }) => position));
    const outcome = await this.#openAt(site, { ...options, unfinished: view.unfinished, hidden: left });
    if (outcome.type !== "opened") return outcome;
    return { ...outcome, finished: { report: { ...report, failed: [] }, messages: parts.table } };
  }

  #openAt(site: MaildirSite, options: ReopenOptions): Eventually<OpenOutcome> {
    const known = this.#cache.get(site.root);
    if (known !== undefined && !this.#openings.has(site.root)) {
      const isCurrent = isCurrentAt(site, known);
      if (isCurrent === true) return this.#openedAgain(site, known, options);
      if (isCurrent !== false)
        return isCurrent.then((is) => (is ? this.#openedAgain(site, known, options) : this.#list(site, options)));
    }
    return this.#list(site, options);
  }

  #list(site: MaildirSite, options: ReopenOptions): Promise<OpenOutcome> {
    return this.#tracked(this.#listAndOpen(site, options));
  }

  #tracked(opening: Promise<OpenOutcome>): Promise<OpenOutcome> {
    this.#underWay.add(opening);
    return opening.finally(() => this.#underWay.delete(opening));
  }

  async #listAndOpen(site: MaildirSite, options: ReopenOptions): Promise<OpenOutcome> {
    const known = await this.#listApproved(site, options);
    if (known instanceof StorageError) return { type: "unavailable", error: known };
    // Much that was learnt is saved at once: the client may have given up waiting, and nobody closes what nobody got.
    if (known.unsavedCount() >= SAVED_AT_ONCE) void this.#keeper.save(site, known);
    return this.#opened(site, known, options);
  }

  async #listApproved(site: MaildirSite, options: OpenOptions): Promise<KnownMaildrop | StorageError> {
    const known = await this.#listed(site, options);
    if (known instanceof StorageError || (await isApproved(known, options))) return known;
    return new StorageError("DECLINED", site.root);
  }

  /** Those who open the same maildrop meanwhile wait for one listing; it goes on though nobody may wait any more. */
  #listed(site: MaildirSite, options: OpenOptions): Promise<KnownMaildrop | StorageError> {
    const opening = this.#openings.get(site.root) ?? this.#begin(site, options);
    if (options.onProgress) opening.listeners.push(options.onProgress);
    return opening.outcome;
  }

  #begin(site: MaildirSite, options: OpenOptions): Opening {
    const listeners: Progress[] = [];
    const onProgress: Progress = (done, total) => {
      for (const listener of listeners) listener(done, total);
    };
    const outcome = this.#find(site, options, onProgress)
      .catch((error: unknown) => troubleWith(site.root, error))
      .finally(() => this.#openings.delete(site.root));
    const opening = { outcome, listeners };
    this.#openings.set(site.root, opening);
    return opening;
  }

  async #find(site: MaildirSite, options: OpenOptions, onProgress: Progress): Promise<KnownMaildrop> {
    const { root } = site;
    const stamps = await find(site, options);
    if (stamps === "absent") {
      this.#cache.delete(root);
      return knownOf(NOTHING);
    }
    this.#roots.seen(root, stamps.new.device);
    const cached = this.#cache.get(root);
    const earlier = cached ?? (await recall(site, stamps));
    const isCurrent = earlier.isCurrent(stamps);
    this.#onTable?.(isCurrent ? (cached === undefined ? "index" : "memory") : "listing");
    const listing = { ...site, counter: this.#counter, now: this.#now, stamps, onProgress };
    const known = isCurrent ? earlier : await listAgain(earlier, listing);
    await nameMessages({ ...site, now: this.#now, known, earlier, onTrouble: this.#onTrouble });
    this.#cache.set(root, known);
    return known;
  }

  #openedAgain(site: MaildirSite, known: KnownMaildrop, options: ReopenOptions): Eventually<OpenOutcome> {
    this.#onTable?.("memory");
    return andThen(isApproved(known, options), (is) =>
      is ? this.#opened(site, known, options) : { type: "unavailable", error: new StorageError("DECLINED", site.root) },
    );
  }

  #opened(site: MaildirSite, known: KnownMaildrop, options: ReopenOptions): OpenOutcome {
    known.settle();
    const maildrop = createMaildrop(this.#partsOf(site, known, options));
    return { type: "opened", maildrop, folders: known.folders };
  }

  #partsOf(site: MaildirSite, known: KnownMaildrop, options: ReopenOptions): MaildropParts {
    const { deleted = "unlink", trashCounts = false, folderOf, unfinished, hidden } = options;
    const home = folderOf === undefined ? site.root : octetPath(folderOf);
    const isInTrash = isTrash({ ...site, home });
    const { served } = known;
    const table = hidden?.size ? tableWithout(served, hidden) : served;
    const rowAt = (position: number): number => {
      const at = table instanceof ChosenTable ? table.wholeOf(position) : position;
      return served instanceof IdentifiedTable ? served.rowAt(at) : at;
    };
    return {
      ...site,
      home,
      disposal: disposalOf(deleted, { ...site, home }, this.#now),
      keepsQuota: isInTrash ? !trashCounts : deleted === "trash" && trashCounts,
      table,
      copies: known.copies,
      unfinished,
      count: (fd) => this.#counter.count(site.fs, fd),
      remember: (position, measured) => known.remember(rowAt(position), measured),
      forget: (positions) => known.forget(positions.map(rowAt)),
      onClose: () => this.#keeper.save(site, known),
      onTrouble: this.#onTrouble,
    };
  }
}

/** After the completion of an update. */
interface ReopenOptions extends OpenOptions {
  /** What its journal still holds. */
  readonly unfinished?: Intent | undefined;
  /** Unique names of the messages that it still has to remove. */
  readonly hidden?: ReadonlySet<string>;
}

interface Opening {
  readonly outcome: Promise<KnownMaildrop | StorageError>;
  readonly listeners: Progress[];
}

function tableWithout(table: MessageTable, hidden: ReadonlySet<string>): ChosenTable {
  return new ChosenTable(
    table,
    positionsThat(table, (position) => !hidden.has(uniqueNameOf(table.pathAt(position)))),
  );
}

function find(
  { fs, root }: MaildirSite,
  { create = false, approve, anchor, folderOf }: OpenOptions,
): Promise<Stamps | "absent"> {
  if (folderOf !== undefined) return findFolder(fs, root, octetPath(folderOf));
  const mayCreate = (): Eventually<boolean> =>
    approve?.({ messages: MessageColumns.empty, folders: undefined }) ?? true;
  return findMaildir(fs, root, {
    mayCreate: create ? mayCreate : undefined,
    anchor: anchor === undefined ? anchor : octetPath(anchor),
  });
}

function isApproved(known: KnownMaildrop, { approve }: OpenOptions): Eventually<boolean> {
  if (approve === undefined) return true;
  known.settle();
  return approve({ messages: known.served, folders: known.folders });
}

function isCurrentAt(site: MaildirSite, known: KnownMaildrop): Eventually<boolean> {
  try {
    const stamps = readStamps(site.fs, site.root);
    if (stamps instanceof Promise) return isCurrentLater(stamps, site, known);
    const uids = uidsStatus(site.fs, site.root);
    return uids instanceof Promise
      ? uids.then((file) => isStill(known, stamps, file), never)
      : isStill(known, stamps, uids);
  } catch {
    // The slow way meets the same fault and finds its name.
    return false;
  }
}

async function isCurrentLater(
  stamps: Promise<Stamps | undefined>,
  { fs, root }: MaildirSite,
  known: KnownMaildrop,
): Promise<boolean> {
  try {
    const [found, uids] = await Promise.all([stamps, Promise.resolve().then(() => uidsStatus(fs, root))]);
    return isStill(known, found, uids);
  } catch {
    return false;
  }
}

const never = (): boolean => false;

function isStill(known: KnownMaildrop, stamps: Stamps | undefined, uids: FileStatus | undefined): boolean {
  return stamps !== undefined && known.isCurrent(stamps) && known.isNamedBy(uids);
}

async function recall({ fs, root }: MaildirSite, stamps: Stamps): Promise<KnownMaildrop> {
  const index = await loadIndex(fs, root);
  if (index === undefined) return knownOf(NOTHING);
  const { listing, facts, saved } = index;
  if (listing && sameStamps(listing.stamps, stamps))
    return knownOf({ ...NOTHING, ...listing, folders: listing.stamps, saved });
  return knownOf({ ...NOTHING, table: facts, saved });
}

async function listAgain(earlier: KnownMaildrop, task: Omit<ListingTask, "remembered">): Promise<KnownMaildrop> {
  earlier.settle();
  return succeed(earlier, await listMaildrop({ ...task, remembered: earlier }));
}

/** What is known after a listing. A table that says the same stays the same object: others keep what they made of it. */
function succeed(earlier: KnownMaildrop, found: Omit<Knowledge, "saved">): KnownMaildrop {
  const table = found.table.equals(earlier.table) ? earlier.table : found.table;
  return new KnownMaildrop({ ...found, table, counted: earlier.counted + found.counted, saved: earlier.saved });
}

function knownOf(knowledge: Knowledge): KnownMaildrop {
  return new KnownMaildrop({ ...knowledge, learnt: new Uint8Array(knowledge.table.count) });
}

const NOTHING: Knowledge = {
  table: MessageColumns.empty,
  stamps: undefined,
  folders: undefined,
  learnt: new Uint8Array(0),
  counted: 0,
  saved: undefined,
  copies: new Map(),
};
const CACHE_OCTETS = 64 * 1_048_576;
const FOREIGN = new Error("it was written by another version of Postigo, which has to finish it");
const always = (): boolean => true;
const SAVED_AT_ONCE = 200;
