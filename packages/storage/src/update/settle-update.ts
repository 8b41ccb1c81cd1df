// The end of an update: maildirsize hears of what went, and the journal goes, or stays with what is left to do.
//
// Each step leaves a journal from which the next session can go on, and none is taken before the one before it has succeeded: what
// fails here stays in the journal. The journal says what maildirsize is about to be told before it is told.

import { isUsageTold, quotaOf, tellUsage, type Usage, type UsageNote } from "../maildir/maildirsize.js";
import type { MaildropParts } from "../message/maildrop-parts.js";
import type { SessionView } from "../message/session-view.js";
import type { FileStatus } from "../ports/file-system.js";
import { StorageError } from "../storage-error.js";
import type { Intent, JournalMessage } from "./journal.js";
import { closeJournal, JOURNAL_NAME, noteInJournal, writeJournal } from "./journal-file.js";

export interface Settlement {
  /** What stands in the journal. */
  readonly written: Intent;
  /** The messages of it that are still to be removed. */
  readonly left: readonly JournalMessage[];
  /** What the quota is to hear, given its file. */
  readonly usage: (quota: FileStatus) => Usage;
  /** Whether a usage line ends the journal, which costs less than another one in its place: it was written by this session, for itself alone. */
  readonly isOwn: boolean;
}

/** Never rejects for what a disk can do. Afterwards `view.unfinished` is what stands in the journal. */
export async function settleUpdate(view: SessionView, settlement: Settlement): Promise<void> {
  const { written, left } = settlement;
  view.unfinished = written;
  const note = await tellQuota(view, settlement);
  if (note === "failed") return;
  try {
    if (left.length === 0) await closeJournal(view.parts);
    else if (note !== undefined || left.length < written.messages.length || written.debt !== undefined) {
      await writeJournal(view.parts, { ...written, debt: undefined, messages: left });
    }
  } catch (cause) {
    journalTrouble(view.parts, cause);
    // It tells of what the quota has heard; whoever reads it looks whether it has.
    if (left.length > 0) return;
  }
  view.unfinished = left.length === 0 ? undefined : { ...written, debt: undefined, messages: left };
}

/** What was told; undefined if there was nothing to tell, or nobody. */
async function tellQuota(view: SessionView, settlement: Settlement): Promise<UsageNote | undefined | "failed"> {
  const { fs, home } = view.parts;
  try {
    const note = await noteOf(view, settlement);
    if (note === undefined) return undefined;
    view.unfinished = await noteDown(view, settlement, note);
    await tellUsage(fs, home, note);
    return note;
  } catch (cause) {
    quotaTrouble(view, cause);
    return "failed";
  }
}

async function noteOf(view: SessionView, { written, usage }: Settlement): Promise<UsageNote | undefined> {
  const { fs, home } = view.parts;
  const quota = await quotaOf(fs, home);
  if (quota === undefined) return undefined;
  let { octets, messages } = usage(quota);
  const { debt } = written;
  if (debt !== undefined && !(await isUsageTold(fs, home, debt))) {
    octets += debt.octets;
    messages += debt.messages;
  }
  return messages === 0 ? undefined : { octets, messages, inode: quota.inode, offset: quota.size };
}

/** What stands in the journal then. */
async function noteDown(view: SessionView, { written, left, isOwn }: Settlement, note: UsageNote): Promise<Intent> {
  const owing = { ...written, quotaInode: note.inode, debt: note, messages: left };
  if (isOwn) await noteInJournal(view.parts, note);
  else await writeJournal(view.parts, owing);
  return owing;
}

/** Told to whoever listens, and given back. */
export function journalTrouble(
  { root, onTrouble }: Pick<MaildropParts, "root" | "onTrouble">,
  cause: unknown,
): StorageError {
  const trouble = new StorageError("JOURNAL_FAILED", `${root}/${JOURNAL_NAME}`, cause);
  onTrouble?.(trouble);
  return trouble;
}

export function quotaTrouble({ parts: { home, onTrouble } }: SessionView, cause: unknown): void {
  onTrouble?.(new StorageError("QUOTA_FAILED", `${home}/maildirsize`, cause));
}
