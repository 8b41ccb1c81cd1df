// From folders to a table: list, recall, measure, sort.

import { inDeliveryOrder } from "../maildir/delivery-order.js";
import { Scan } from "../maildir/scan.js";
import { isSettled, readStamps, type Stamps, sameStamps } from "../maildir/stamps.js";
import type { OctetCounter } from "../message/octet-count.js";
import type { FileSystem } from "../ports/file-system.js";
import { Draft, type Remembered } from "./draft.js";
import type { Knowledge } from "./known-maildrop.js";
import { type MeasuringReport, measureMessages } from "./measure-messages.js";

export interface ListingTask {
  readonly fs: FileSystem;
  readonly counter: OctetCounter;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly root: string;
  /** Taken just before. */
  readonly stamps: Stamps;
  readonly remembered: Remembered;
  readonly onProgress: (done: number, total: number) => void;
}

/** Rejects with what the file system says if a folder cannot be listed. */
export async function listMaildrop(task: ListingTask): Promise<Omit<Knowledge, "saved">> {
  const { draft, stamps, folders } = await listUntilCalm(task);
  const counted = await measureUnknown(task, draft);
  const breathe = () => task.fs.yieldIfDue();
  const keys = { names: draft.scan.names, times: draft.times };
  const order = await inDeliveryOrder(draft.rows, keys, breathe);
  const table = await draft.toTable(order, breathe);
  return {
    table,
    stamps: draft.isMeasured() ? stamps : undefined,
    folders,
    learnt: draft.learntIn(order),
    counted,
    copies: draft.scan.copies,
  };
}

interface CalmListing {
  readonly draft: Draft;
  readonly stamps: Stamps | undefined;
  readonly folders: Stamps | undefined;
}

/**
 * Lists again while others change the folders, and once if a remembered message is missing, before it counts as gone. When they
 * never stop, what any listing has met stays: a message that is no more does less harm than one that is not shown.
 */
async function listUntilCalm(task: ListingTask): Promise<CalmListing> {
  const { fs, root, remembered } = task;
  const scan = await Scan.expecting(remembered.table.names, () => fs.yieldIfDue());
  let before: Stamps | undefined = task.stamps;
  for (let pass = 1; ; pass++) {
    const began = task.now();
    await scan.pass(fs, root);
    const after: Stamps | undefined = await readStamps(fs, root);
    const isCalm = before !== undefined && after !== undefined && sameStamps(before, after);
    if (isCalm) scan.dropUnmet();
    const draft = await Draft.join(scan, remembered, () => fs.yieldIfDue());
    if (pass === PASSES_MAX || (isCalm && (pass > 1 || draft.missing === 0))) {
      const isTrusted = isCalm && scan.copies.size === 0 && isSettled(after, began);
      return { draft, stamps: isTrusted ? after : undefined, folders: after };
    }
    before = after;
  }
}

/** Messages that had to be read. */
async function measureUnknown(task: ListingTask, draft: Draft): Promise<number> {
  let { vanished, counted } = await measureMessages({ ...task, draft, rows: draft.unknown() });
  // Where another program renames all the time, some are missed each time: what is left in the end has no octets in this listing.
  for (let pass = 0; vanished.length > 0 && pass < PURSUITS_MAX; pass++) {
    const report = await measureVanished(task, draft, vanished);
    counted += report.counted;
    vanished = report.vanished;
  }
  return counted;
}

/** Files that were listed and then not found: renamed, unless a second listing misses them too. */
async function measureVanished(task: ListingTask, draft: Draft, rows: readonly number[]): Promise<MeasuringReport> {
  const { scan } = draft;
  await scan.pass(task.fs, task.root);
  const gone = new Set<number>();
  for (const row of rows) {
    const present = scan.presentRowOf(row);
    if (present < 0 || !scan.isMet(present)) gone.add(row);
    else if (present !== row) draft.moved(row, present);
  }
  const found = rows.filter((row) => !gone.has(row));
  const noProgress = () => undefined;
  const report = await measureMessages({ ...task, draft, rows: Uint32Array.from(found), onProgress: noProgress });
  // What was met and has moved on once more exists: it stays, for reading finds it again.
  draft.drop(gone);
  return report;
}

const PASSES_MAX = 3;
const PURSUITS_MAX = 10;
