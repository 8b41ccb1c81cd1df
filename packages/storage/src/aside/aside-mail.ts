// Mail that was removed and can still be brought back: held aside, or in the trash folder.
//
//   postigo.hold/SECONDS.NAME          SECONDS: when it was removed, since 1970; NAME: its file name then. A number before 1996 is
//                                      none that a clock gave: then the ctime of the file tells
//   postigo.hold/SECONDS/NAME          the same where the two together would be too long for a name
//   postigo.hold/.FOLDER/…             both of mail that was removed from that Maildir++ folder
//   .Trash/cur/NAME                    a Maildir++ folder; it says nothing of where a message came from, nor of when, but by the ctime
//                                      of the file, which a change of flags moves on as well
//
// Both are lists of names that somebody else may write too: anything that is no regular file, or no such name, is not looked at.

import { FIRST_MAILDIR } from "../maildir/delivery-time.js";
import { uniqueNameIn } from "../maildir/file-name.js";
import type { MaildirSite } from "../maildir/maildir-site.js";
import { type DisposalSite, HOLD_FOLDER, holdFolderOf, isTrash, TRASH_FOLDER } from "../message/disposal.js";
import { slicesOf } from "../ports/slices.js";
import { foldersOfHeld, type HeldFolder, heldFolders, heldFoldersAt, openIfThere } from "./held-folders.js";

export type AsidePlace = "hold" | "trash";

export interface AsideMessage {
  readonly place: AsidePlace;
  /** Path below the Maildir, as octets. */
  readonly path: string;
  /** File name as it was, or is, in `cur/`. */
  readonly name: string;
  readonly uniqueName: string;
  /** Octets of the file. */
  readonly octets: number;
  /** Milliseconds since 1970. */
  readonly removedAt: number;
}

/** What was removed from a maildrop, and what is in the trash of its Maildir; the latest removed first. Rejects with what the file system threw. */
export async function listAside(site: DisposalSite): Promise<readonly AsideMessage[]> {
  const home = { fs: site.fs, root: site.home };
  const held = await listHeldIn(home, await heldFoldersAt(home, holdFolderOf(site)));
  const trash: Place = { place: "trash", path: `${TRASH_FOLDER}/cur`, removedAt: undefined };
  const trashed = isTrash(site) ? [] : await listFolder(home, trash);
  return [...held, ...trashed].sort(latestFirst);
}

/**
 * Messages held aside in a Maildir, those of its folders too, that were removed before a moment (milliseconds since 1970), in no order;
 * the others are not looked at.
 */
export async function listHeld(site: MaildirSite, before = Number.POSITIVE_INFINITY): Promise<readonly AsideMessage[]> {
  return listHeldIn(site, await heldFolders(site), before);
}

/** Names of the Maildir++ folders (`.Work`) of which mail is held, with how many messages. Rejects with what the file system threw. */
export async function listFoldersOfHeld(site: MaildirSite): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const folder of await foldersOfHeld(site)) {
    const { length } = await listHeldIn(site, await heldFoldersAt(site, folder));
    if (length > 0) counts.set(folder.slice(HOLD_FOLDER.length + 1), length);
  }
  return counts;
}

async function listHeldIn(
  site: MaildirSite,
  folders: readonly HeldFolder[],
  before?: number,
): Promise<readonly AsideMessage[]> {
  const found: AsideMessage[] = [];
  for (const folder of folders) {
    for (const message of await listFolder(site, { place: "hold", ...folder }, before)) found.push(message);
  }
  return found;
}

interface Place extends HeldFolder {
  readonly place: AsidePlace;
}

async function listFolder(
  site: MaildirSite,
  { place, path: folder, removedAt }: Place,
  before = Number.POSITIVE_INFINITY,
): Promise<readonly AsideMessage[]> {
  const { fs } = site;
  const listing = await openIfThere(site, folder);
  if (listing === undefined) return [];
  const found: AsideMessage[] = [];
  for await (const slice of slicesOf(listing)) {
    for (const { name, kind } of slice) {
      const origin = kind === "file" || kind === "unknown" ? originOf(place, name, removedAt) : undefined;
      if (origin === undefined || (origin.removedAt ?? 0) >= before) continue;
      const message = await look(site, `${folder}/${name}`, { place, ...origin });
      if (message !== undefined && message.removedAt < before) found.push(message);
    }
    await fs.yieldIfDue();
  }
  return found;
}

/** What the name of an entry tells. */
interface Origin {
  readonly name: string;
  readonly removedAt: number | undefined;
}

/** undefined: no removal gives such a name. A time that no clock gave is none. */
function originOf(place: AsidePlace, entry: string, removedAt: number | undefined): Origin | undefined {
  const found = place === "hold" && removedAt === undefined ? HELD.exec(entry) : undefined;
  if (found === null) return undefined;
  const name = found?.[2] ?? entry;
  const seconds = found ? Number(found[1]) : (removedAt ?? 0) / 1000;
  return name.startsWith(".") ? undefined : { name, removedAt: seconds >= FIRST_MAILDIR ? seconds * 1000 : undefined };
}

async function look(
  { fs, root }: MaildirSite,
  path: string,
  { place, name, removedAt }: Origin & { readonly place: AsidePlace },
): Promise<AsideMessage | undefined> {
  const status = await fs.lstat(`${root}/${path}`);
  if (status?.kind !== "file") return undefined;
  return {
    ...{ place, path, name, uniqueName: uniqueNameIn(name), octets: status.size },
    removedAt: removedAt ?? Number(status.ctimeNs / 1_000_000n),
  };
}

function latestFirst(one: AsideMessage, other: AsideMessage): number {
  return other.removedAt - one.removedAt || (one.path < other.path ? -1 : 1);
}

const HELD = /^(\d{1,11})\.(.+)$/s;
