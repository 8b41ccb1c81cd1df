// After a listing, or when postigo.uids is not what it was: which unique-ids the messages have.

import type { MaildirSite } from "../maildir/maildir-site.js";
import { hasSettled } from "../maildir/stamps.js";
import type { FileStatus } from "../ports/file-system.js";
import { StorageError } from "../storage-error.js";
import { carryIdentities } from "../uid/carry-identities.js";
import { identify } from "../uid/identify.js";
import type { IdProblem } from "../uid/imported-ids.js";
import { readImportedIds, UIDS_NAME, uidsStatus } from "../uid/imported-ids-file.js";
import type { KnownMaildrop, Naming } from "./known-maildrop.js";

export interface NamingTask extends MaildirSite {
  readonly now: () => number;
  readonly known: KnownMaildrop;
  /** Of the opening before, or `known` itself. */
  readonly earlier: KnownMaildrop;
  readonly onTrouble: (trouble: StorageError) => void;
}

/** Rejects with StorageError UIDS_UNREADABLE: rather no login than one that shows all mail under other unique-ids. */
export async function nameMessages(task: NamingTask): Promise<void> {
  const { fs, root, known, earlier, now } = task;
  const began = now();
  const file = await uidsStatus(fs, root);
  if (!earlier.isNamedBy(file)) known.name(await readNaming(task, file, began));
  else if (known.table === earlier.table) known.nameAs(earlier);
  else known.name((await carryNaming(task)) ?? (await readNaming(task, file, began)));
}

/** undefined if the file has to be read. */
async function carryNaming({ fs, known, earlier }: NamingTask): Promise<Naming | undefined> {
  const { naming } = earlier;
  if (naming?.identities === undefined) return naming?.file === undefined ? naming : undefined;
  const task = { from: earlier.table, identities: naming.identities, to: known.table };
  const identities = await carryIdentities(task, () => fs.yieldIfDue());
  return identities && { ...naming, identities };
}

async function readNaming(
  { fs, root, known, onTrouble }: NamingTask,
  file: FileStatus | undefined,
  beganMs: number,
): Promise<Naming> {
  if (file === undefined) return { file, isTrusted: true, identities: undefined };
  const read = await readImportedIds(fs, root);
  // It has gone in between: the next login looks again.
  if (read === undefined) return { file: undefined, isTrusted: false, identities: undefined };
  if (read.problems.length > 0) onTrouble(damaged(root, read.problems));
  const identities = await identify(known.table, read.ids, () => fs.yieldIfDue());
  return { file, isTrusted: hasSettled(file, beganMs), identities };
}

function damaged(root: string, [first, ...others]: readonly IdProblem[]): StorageError {
  const more = others.length === 0 ? "" : `, and ${others.length} more`;
  const cause = new Error(`line ${first?.line}: ${first?.what}${more}`);
  return new StorageError("UIDS_DAMAGED", `${root}/${UIDS_NAME}`, cause);
}
