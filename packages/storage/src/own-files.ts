// What storage keeps in the root of a maildrop, known by exact names, and its removal. Nothing else is touched, whatever it is
// called: a name that is not in this table, a link, a folder or a FIFO under one of these names stays where it is.
//
//   postigo.index                a cache
//   postigo.NAME.PID.tmp         a file that was being written when its process died
//   postigo.uids                 unique-ids of another server; without them clients fetch all mail again
//   postigo.journal              an update that was begun; it is to be finished, not dropped
//   postigo.hold                 a folder of mail that was put aside, and of folders of such mail; it goes once it is empty

import { heldFolders } from "./aside/held-folders.js";
import { INDEX_NAME } from "./index/load-index.js";
import type { MaildirSite } from "./maildir/maildir-site.js";
import { HOLD_FOLDER } from "./message/disposal.js";
import { errnoOf, isMissing } from "./ports/errno.js";
import type { FileKind } from "./ports/file-system.js";
import { slicesOf } from "./ports/slices.js";
import { UIDS_NAME } from "./uid/imported-ids-file.js";
import { JOURNAL_NAME } from "./update/journal-file.js";

export type OwnFileKind = "cache" | "temporary" | "unique-ids" | "journal" | "held";

export interface OwnFile {
  readonly name: string;
  readonly kind: OwnFileKind;
  readonly octets: number;
  /** False: something else has taken its name. */
  readonly isGenuine: boolean;
}

/** What stands there under our names, in the order of the names. Rejects with what the file system threw. */
export async function listOwnFiles({ fs, root }: MaildirSite): Promise<readonly OwnFile[]> {
  const found: OwnFile[] = [];
  for (const name of await ownNamesIn({ fs, root })) {
    const kind = kindOf(name);
    const status = kind && (await fs.lstat(`${root}/${name}`));
    if (kind === undefined || status === undefined) continue;
    found.push({ name, kind, octets: status.size, isGenuine: status.kind === fileKindOf(kind) });
  }
  return found;
}

/** Whether it was there. The caller holds the lock. Rejects with what the file system threw, `ENOTEMPTY` for a folder that holds mail. */
export async function removeOwnFile({ fs, root }: MaildirSite, { name, kind }: OwnFile): Promise<boolean> {
  const path = `${root}/${name}`;
  if ((await fs.lstat(path))?.kind !== fileKindOf(kind)) return false;
  try {
    await (kind === "held" ? removeHold({ fs, root }) : fs.unlink(path));
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function removeHold({ fs, root }: MaildirSite): Promise<void> {
  for (const { path } of await heldFolders({ fs, root })) {
    try {
      await fs.rmdir(`${root}/${path}`);
    } catch (error) {
      // What is in it keeps the folder around it.
      if (path === HOLD_FOLDER || !["ENOTEMPTY", "EEXIST", "ENOTDIR"].includes(errnoOf(error) ?? "")) throw error;
    }
  }
}

async function ownNamesIn({ fs, root }: MaildirSite): Promise<readonly string[]> {
  const names = new Set<string>();
  for await (const slice of slicesOf(await fs.list(root))) {
    for (const { name } of slice) if (name.startsWith(PREFIX) && names.size < NAMES_MAX) names.add(name);
  }
  return [...names].sort();
}

function kindOf(name: string): OwnFileKind | undefined {
  return TEMPORARY.test(name) ? "temporary" : KINDS.get(name);
}

function fileKindOf(kind: OwnFileKind): FileKind {
  return kind === "held" ? "directory" : "file";
}

const PREFIX = "postigo.";
const KINDS: ReadonlyMap<string, OwnFileKind> = new Map([
  [INDEX_NAME, "cache"],
  [UIDS_NAME, "unique-ids"],
  [JOURNAL_NAME, "journal"],
  [HOLD_FOLDER, "held"],
]);
const TEMPORARY = /^postigo\.(?:index|uids|journal)\.[1-9][0-9]{0,9}\.tmp$/;
/** Whoever owns the maildrop can make as many names as he likes; of ours there are a handful. */
const NAMES_MAX = 10_000;
