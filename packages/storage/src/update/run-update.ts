// An update: journal, removals, quota, and the journal goes. Cut off anywhere, the next session finishes it.
//
// A journal that cannot be written does not keep anybody from deleting: on a full disk that is the only way out. What an earlier
// journal still has to do is carried over into that of this update, and stands there alone when the update is over.

import { uniqueNameOf } from "../maildir/file-name.js";
import { noteUsage, quotaOctets, quotaOf, tellUsage, type Usage } from "../maildir/maildirsize.js";
import type { RemovalReport } from "../maildrop.js";
import { removeCopies } from "../message/remove-copies.js";
import { removeMessages } from "../message/remove-messages.js";
import type { SessionView } from "../message/session-view.js";
import { type IdentifiedFiles, identifyFiles } from "./identify-files.js";
import type { Intent, JournalMessage } from "./journal.js";
import { isWritten, writeJournal } from "./journal-file.js";
import { journalTrouble, quotaTrouble, settleUpdate } from "./settle-update.js";

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
  const carried = view.unfinished;
  // A journal that stands there may be the next session's by now.
  const { written, gone } = mayGoOn() ? await begin(view, positions) : NOT_BEGUN;
  const report = await removePresent(view, { positions, gone }, mayGoOn);
  const usage = usageOf(view, report);
  // Without the lock the next session, which may be there already, finishes what the journal names: the quota too.
  if (written === undefined) await tellUnnoted(view, usage);
  else if (mayGoOn()) {
    const left = carried?.messages ?? [];
    await settleUpdate(view, { written, left, usage: () => usage, isOwn: carried === undefined });
  }
  return report;
}

interface Wanted {
  readonly positions: readonly number[];
  /** Those of them that others had removed. */
  readonly gone: ReadonlySet<number>;
}

async function removePresent(
  view: SessionView,
  { positions, gone }: Wanted,
  mayGoOn: () => boolean,
): Promise<RemovalReport> {
  if (gone.size === 0) return removeWithCopies(view, positions, mayGoOn);
  const present = positions.filter((position) => !gone.has(position));
  const { removed, failed } = await removeWithCopies(view, present, mayGoOn);
  const before = [...gone].map((position) => ({ position, path: view.pathAt(position), how: "gone" as const }));
  return { removed: [...before, ...removed], failed };
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
  const { keepsQuota, disposal } = view.parts;
  for (const { position, path, how } of removed) {
    // With the trash counted, what did not go there leaves the quota all the same: a copy, or what is held for the length of its name.
    if (how === "gone" || (keepsQuota && (disposal.name !== "trash" || how === "trashed"))) continue;
    octets -= quotaOctets(path, view.fileOctetsAt(position));
    messages -= 1;
  }
  return { octets, messages };
}

async function tellUnnoted(view: SessionView, usage: Usage): Promise<void> {
  const { fs, home } = view.parts;
  try {
    const note = await noteUsage(fs, home, usage);
    if (note !== undefined) await tellUsage(fs, home, note);
  } catch (cause) {
    quotaTrouble(view, cause);
  }
}

interface Beginning {
  /** What stands in the journal; undefined: there is none of this update. */
  readonly written: Intent | undefined;
  readonly gone: ReadonlySet<number>;
}

/** One file that no quota counts goes whole or stays whole: that needs no journal. */
async function begin(view: SessionView, positions: readonly number[]): Promise<Beginning> {
  const { fs, home, copies } = view.parts;
  let intent: Intent | undefined;
  let gone: ReadonlySet<number> = new Set();
  try {
    const quota = await quotaOf(fs, home);
    if (positions.length === 1 && quota === undefined && !copies?.size) return NOT_BEGUN;
    const identified = await identifyFiles(view, positions);
    gone = identified.gone;
    if (gone.size === positions.length) return { written: undefined, gone };
    intent = intentOf(view, quota?.inode, messagesOf(view, positions, identified));
    await writeJournal(view.parts, intent);
    return { written: intent, gone };
  } catch (cause) {
    journalTrouble(view.parts, cause);
    const isThere = intent !== undefined && (await isWritten(view.parts, intent));
    return { written: isThere ? intent : undefined, gone };
  }
}

function intentOf(view: SessionView, inode: bigint | undefined, messages: readonly JournalMessage[]): Intent {
  const { unfinished, parts } = view;
  const disposal = parts.disposal.name;
  if (unfinished === undefined) return { disposal, quotaInode: inode, debt: undefined, messages };
  // What another quota has not heard of, this one was counted without.
  const isSame = unfinished.quotaInode === inode;
  const [quotaInode, debt] = isSame ? [inode, unfinished.debt] : [undefined, undefined];
  return { disposal, quotaInode, debt, messages: [...unfinished.messages, ...messages] };
}

/** What others have removed is not ours to remove, nor to tell. */
function messagesOf(
  view: SessionView,
  positions: readonly number[],
  { files, gone }: IdentifiedFiles,
): readonly JournalMessage[] {
  const messages: JournalMessage[] = [];
  for (const position of positions) {
    if (gone.has(position)) continue;
    const path = view.pathAt(position);
    const octets = quotaOctets(path, view.fileOctetsAt(position));
    messages.push({ uniqueName: uniqueNameOf(path), octets, file: files.get(position) });
  }
  return messages;
}

const NOT_BEGUN: Beginning = { written: undefined, gone: new Set() };
export const NOTHING: RemovalReport = { removed: [], failed: [] };
/** Messages in one journal: a few milliseconds to write it down, a few megabytes to read. */
const AT_A_TIME = 10_000;
