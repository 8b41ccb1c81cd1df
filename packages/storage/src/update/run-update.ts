// An update: journal, removals, quota, and the journal goes. Cut off anywhere, the next session finishes it.
//
// A journal that cannot be written does not keep anybody from deleting: on a full disk that is the only way out.

import { uniqueNameOf } from "../maildir/file-name.js";
import { noteUsage, quotaOctets, quotaOf, tellUsage, type Usage } from "../maildir/maildirsize.js";
import type { RemovalReport } from "../maildrop.js";
import { removeCopies } from "../message/remove-copies.js";
import { removeMessages } from "../message/remove-messages.js";
import type { SessionView } from "../message/session-view.js";
import { StorageError } from "../storage-error.js";
import type { JournalMessage } from "./journal.js";
import { JOURNAL_NAME, noteInJournal, removeJournal, writeJournal } from "./journal-file.js";

/** As Maildrop.remove. */
export async function runUpdate(
  view: SessionView,
  positions: readonly number[],
  mayGoOn: () => boolean,
): Promise<RemovalReport> {
  const distinct = [...new Set(positions)];
  if (distinct.length <= AT_A_TIME) return runPart(view, distinct, mayGoOn);
  const removed: RemovalReport["removed"][number][] = [];
  const failed: RemovalReport["failed"][number][] = [];
  for (let start = 0; start < distinct.length; start += AT_A_TIME) {
    const part = await runPart(view, distinct.slice(start, start + AT_A_TIME), mayGoOn);
    for (const each of part.removed) removed.push(each);
    for (const each of part.failed) failed.push(each);
  }
  return { removed, failed };
}

async function runPart(
  view: SessionView,
  positions: readonly number[],
  mayGoOn: () => boolean,
): Promise<RemovalReport> {
  if (positions.length === 0) return NOTHING;
  // A journal that stands there may be the next session's by now.
  const isWritten = mayGoOn() && (await begin(view, positions));
  const report = await removeWithCopies(view, positions, mayGoOn);
  // Without the lock the next session, which may be there already, finishes what the journal names: the quota too.
  if (isWritten && !mayGoOn()) return report;
  await tellUsageOnce(view, usageOf(view, report), isWritten);
  if (isWritten) await end(view);
  return report;
}

/** The messages and the copies of them, as `view` says where they are. */
export async function removeWithCopies(
  view: SessionView,
  positions: readonly number[],
  mayGoOn: () => boolean,
): Promise<RemovalReport> {
  try {
    await view.parts.disposal.prepare();
  } catch (cause) {
    return { removed: [], failed: positions.map((position) => ({ position, cause })) };
  }
  if (!view.parts.copies?.size) return removeMessages(view, positions, mayGoOn);
  const copies = await removeCopies(view, positions, mayGoOn);
  const messages = await removeMessages(view, copies.positions, mayGoOn);
  return {
    removed: [...copies.removed, ...messages.removed],
    failed: [...copies.failed, ...messages.failed],
  };
}

/** What of a report maildirsize is to hear of. What others had removed they have told it themselves. */
export function usageOf(view: SessionView, { removed }: RemovalReport): Usage {
  let octets = 0;
  let messages = 0;
  if (view.parts.keepsQuota) return { octets, messages };
  for (const { position, path, how } of removed) {
    if (how === "gone") continue;
    octets -= quotaOctets(path, view.fileOctetsAt(position));
    messages -= 1;
  }
  return { octets, messages };
}

/** Tells maildirsize, and the journal before it, so that neither a crash before nor one after makes it hear twice or never. */
export async function tellUsageOnce(view: SessionView, usage: Usage, isWritten: boolean): Promise<void> {
  const { fs, home } = view.parts;
  try {
    const note = await noteUsage(fs, home, usage);
    if (note === undefined) return;
    if (isWritten) await noteInJournal(view.parts, note);
    await tellUsage(fs, home, note);
  } catch (cause) {
    view.parts.onTrouble?.(new StorageError("QUOTA_FAILED", `${home}/maildirsize`, cause));
  }
}

/** Takes the journal away. */
export async function end(view: SessionView): Promise<void> {
  try {
    await removeJournal(view.parts);
  } catch (cause) {
    trouble(view, cause);
  }
}

/** Whether there is a journal now. One file that no quota counts goes whole or stays whole: that needs none. */
async function begin(view: SessionView, positions: readonly number[]): Promise<boolean> {
  const { fs, home, disposal } = view.parts;
  try {
    const quota = await quotaOf(fs, home);
    if (positions.length === 1 && quota === undefined && !view.parts.copies?.size) return false;
    const messages = positions.map((position) => journalMessageAt(view, position));
    await writeJournal(view.parts, { disposal: disposal.name, quotaInode: quota?.inode, messages });
    return true;
  } catch (cause) {
    trouble(view, cause);
    return false;
  }
}

function journalMessageAt(view: SessionView, position: number): JournalMessage {
  const path = view.pathAt(position);
  return { uniqueName: uniqueNameOf(path), octets: quotaOctets(path, view.fileOctetsAt(position)) };
}

function trouble({ parts: { root, onTrouble } }: SessionView, cause: unknown): void {
  onTrouble?.(new StorageError("JOURNAL_FAILED", `${root}/${JOURNAL_NAME}`, cause));
}

export const NOTHING: RemovalReport = { removed: [], failed: [] };
/** Messages in one journal: a few milliseconds to write it down, a few megabytes to read. */
const AT_A_TIME = 10_000;
