// Finishes an update that a crash has cut off, or that a disk has hindered. What its journal names and is still there goes, whatever it
// is called now; what is not there went before, and a file that is another one than was meant is nobody's to remove. Done twice it does
// the same as once.
//
// What cannot be removed now stays in the journal, for the next session to try. Once the journal notes what the quota is about to be
// told, the removals were over: what still stands could not be removed then, and its client was told so. It stays.

import { uniqueNameOf } from "../maildir/file-name.js";
import type { Usage } from "../maildir/maildirsize.js";
import type { MessageTable, RemovalReport } from "../maildrop.js";
import type { SessionView } from "../message/session-view.js";
import { StorageError } from "../storage-error.js";
import { fileIdOf, identifyFiles } from "./identify-files.js";
import type { Journal, JournalMessage } from "./journal.js";
import { JOURNAL_NAME, removeJournal } from "./journal-file.js";
import { NOTHING, removeWithCopies, usageOf } from "./run-update.js";
import { journalTrouble, settleUpdate } from "./settle-update.js";

export interface Completion {
  readonly report: RemovalReport;
  /** Unique names of messages that are still to be removed, and still there. */
  readonly left: ReadonlySet<string>;
}

/** `view`: of a table listed after the crash, with the journal's way of disposal. Never rejects for what a disk can do. */
export async function finishUpdate(view: SessionView, journal: Journal, mayGoOn: () => boolean): Promise<Completion> {
  if (journal.usage === undefined && !journal.isOver) return finishRemovals(view, journal, mayGoOn);
  if (mayGoOn()) await (journal.isOver ? removeOver(view) : finishTelling(view, journal));
  return NOTHING_LEFT;
}

async function finishRemovals(view: SessionView, journal: Journal, mayGoOn: () => boolean): Promise<Completion> {
  const sorted = await sortOut(view, journal);
  const report = await removeWithCopies(view, [...sorted.meant.keys()], mayGoOn);
  const stuck = report.failed.map(({ position }) => sorted.meant.get(position));
  const left = [...sorted.unclear, ...stuck.filter((message) => message !== undefined)];
  // Whoever holds the lock now finishes the rest, and tells the quota of all.
  if (!mayGoOn()) return { report, left: namesOf(left) };
  if (left.length > 0) leftTrouble(view, left.length, report);
  const now = view.parts.keepsQuota ? [] : sorted.before;
  await settleUpdate(view, {
    ...{ written: journal, left, isOwn: false },
    // A file that has taken the place of that one was counted anew after those had gone.
    usage: (quota) => lessen(usageOf(view, report), quota.inode === journal.quotaInode ? now : []),
  });
  return { report, left: namesOf(left) };
}

async function finishTelling(view: SessionView, journal: Journal): Promise<void> {
  const written = { ...journal, debt: journal.usage, messages: [] };
  await settleUpdate(view, { written, left: [], isOwn: false, usage: () => ({ octets: 0, messages: 0 }) });
}

async function removeOver(view: SessionView): Promise<void> {
  try {
    await removeJournal(view.parts);
  } catch (cause) {
    journalTrouble(view.parts, cause);
  }
}

/** The messages of a journal by what is to be done with them. */
interface SortedMessages {
  /** To be removed, by position. */
  readonly meant: Map<number, JournalMessage>;
  /** Nobody can say which file it is that bears the name. */
  readonly unclear: JournalMessage[];
  /** They went before: there is no such file, or one that has come since. */
  readonly before: JournalMessage[];
}

async function sortOut(view: SessionView, { messages }: Journal): Promise<SortedMessages> {
  const sorted: SortedMessages = { meant: new Map(), unclear: [], before: [] };
  const there = positionsOf(view.parts.table, messages);
  const { files, gone } = await identifyFiles(view, [...new Set(there.values())]);
  for (const message of messages) {
    const position = there.get(message.uniqueName);
    if (position === undefined) sorted.before.push(message);
    // Who has removed it since the listing has told the quota.
    else if (!gone.has(position)) await sortIn(sorted, view, { message, position, file: files.get(position) });
    await view.parts.fs.yieldIfDue();
  }
  return sorted;
}

interface Candidate {
  readonly message: JournalMessage;
  readonly position: number;
  /** undefined: it could not be looked at. */
  readonly file: string | undefined;
}

async function sortIn(
  sorted: SortedMessages,
  view: SessionView,
  { message, position, file }: Candidate,
): Promise<void> {
  if (file === undefined) sorted.unclear.push(message);
  else if (message.file === undefined || message.file === file) sorted.meant.set(position, message);
  else {
    const copy = await copyThatIs(view, message);
    if (copy === "unclear") sorted.unclear.push(message);
    else if (copy === undefined) sorted.before.push(message);
    else {
      view.movedTo(position, copy);
      sorted.meant.set(position, message);
    }
  }
}

/** The path of the file that was meant, if it bears its unique name beside the one that is listed. */
async function copyThatIs(view: SessionView, message: JournalMessage): Promise<string | undefined | "unclear"> {
  const { fs, root, copies } = view.parts;
  for (const path of copies?.get(message.uniqueName) ?? []) {
    try {
      const status = await fs.lstat(`${root}/${path}`);
      if (status?.kind === "file" && fileIdOf(status) === message.file) return path;
    } catch {
      return "unclear";
    }
  }
  return undefined;
}

function positionsOf(table: MessageTable, messages: readonly JournalMessage[]): ReadonlyMap<string, number> {
  const wanted = namesOf(messages);
  const found = new Map<string, number>();
  for (let position = 0; position < table.count; position++) {
    const uniqueName = uniqueNameOf(table.pathAt(position));
    if (wanted.has(uniqueName)) found.set(uniqueName, position);
  }
  return found;
}

const namesOf = (messages: readonly JournalMessage[]): ReadonlySet<string> =>
  new Set(messages.map(({ uniqueName }) => uniqueName));

function lessen(usage: Usage, before: readonly JournalMessage[]): Usage {
  return {
    octets: before.reduce((octets, message) => octets - message.octets, usage.octets),
    messages: usage.messages - before.length,
  };
}

/** One line a login, however many they are: the journal names them. */
function leftTrouble({ parts: { root, onTrouble } }: SessionView, count: number, { failed }: RemovalReport): void {
  const [first] = failed;
  const why = first === undefined ? "cannot be looked at" : String(first.cause);
  const cause = new Error(`${count} deleted ${count === 1 ? "message" : "messages"} not removed yet: ${why}`);
  onTrouble?.(new StorageError("UPDATE_UNFINISHED", `${root}/${JOURNAL_NAME}`, cause));
}

const NOTHING_LEFT: Completion = { report: NOTHING, left: new Set() };
