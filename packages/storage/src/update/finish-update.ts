// Finishes an update that a crash has cut off. What its journal names and is still there goes, whatever it is called now; what is
// not there went before. Done twice it does the same as once.
//
// Once the journal notes what the quota is about to be told, the removals were over: what still stands could not be removed then,
// or has been brought back since. It stays.

import { uniqueNameOf } from "../maildir/file-name.js";
import { isUsageTold, quotaOf, tellUsage, type Usage, type UsageNote } from "../maildir/maildirsize.js";
import type { MessageTable, RemovalReport } from "../maildrop.js";
import type { SessionView } from "../message/session-view.js";
import { StorageError } from "../storage-error.js";
import type { Journal } from "./journal.js";
import { end, NOTHING, removeWithCopies, tellUsageOnce, usageOf } from "./run-update.js";

/** `view`: of a table listed after the crash, with the journal's way of disposal. Never rejects for what a disk can do. */
export async function finishUpdate(
  view: SessionView,
  journal: Journal,
  mayGoOn: () => boolean,
): Promise<RemovalReport> {
  return journal.usage === undefined
    ? finishRemovals(view, journal, mayGoOn)
    : finishTelling(view, journal.usage, mayGoOn);
}

async function finishRemovals(view: SessionView, journal: Journal, mayGoOn: () => boolean): Promise<RemovalReport> {
  const there = positionsOf(view.parts.table, journal);
  const report = await removeWithCopies(view, [...there.values()], mayGoOn);
  const usage = await untold(view, { journal, there, report });
  // Whoever holds the lock now finishes the rest, and tells the quota of all.
  if (!mayGoOn()) return report;
  await tellUsageOnce(view, usage, true);
  await end(view);
  return report;
}

async function finishTelling(view: SessionView, note: UsageNote, mayGoOn: () => boolean): Promise<RemovalReport> {
  if (!mayGoOn()) return NOTHING;
  await tellNoted(view, note);
  await end(view);
  return NOTHING;
}

function positionsOf(table: MessageTable, { messages }: Journal): ReadonlyMap<string, number> {
  const wanted = new Set(messages.map(({ uniqueName }) => uniqueName));
  const found = new Map<string, number>();
  for (let position = 0; position < table.count; position++) {
    const uniqueName = uniqueNameOf(table.pathAt(position));
    if (wanted.has(uniqueName)) found.set(uniqueName, position);
  }
  return found;
}

interface Finished {
  readonly journal: Journal;
  readonly there: ReadonlyMap<string, number>;
  readonly report: RemovalReport;
}

/**
 * What maildirsize has not heard: what went now, and what went before the crash, unless the file is another one than then: it was
 * counted anew after those had gone.
 */
async function untold(view: SessionView, { journal, there, report }: Finished): Promise<Usage> {
  let { octets, messages } = usageOf(view, report);
  const quota = view.parts.keepsQuota ? undefined : await quotaNow(view);
  if (quota === undefined || quota !== journal.quotaInode) return { octets, messages };
  for (const message of journal.messages) {
    if (there.has(message.uniqueName)) continue;
    octets -= message.octets;
    messages -= 1;
  }
  return { octets, messages };
}

async function quotaNow(view: SessionView): Promise<bigint | undefined> {
  try {
    return (await quotaOf(view.parts.fs, view.parts.home))?.inode;
  } catch {
    // Telling it will meet the same fault, and name it.
    return undefined;
  }
}

async function tellNoted(view: SessionView, note: UsageNote): Promise<void> {
  const { fs, home, onTrouble } = view.parts;
  try {
    if (!(await isUsageTold(fs, home, note))) await tellUsage(fs, home, note);
  } catch (cause) {
    onTrouble?.(new StorageError("QUOTA_FAILED", `${home}/maildirsize`, cause));
  }
}
