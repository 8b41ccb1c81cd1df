// Mail that was removed and can still be brought back: held aside, or in the trash folder.
//
//   postigo.hold/SECONDS.NAME    SECONDS: when it was removed, since 1970; NAME: its file name then. A number before 1996 is none
//                                that a clock gave: then the ctime of the file tells
//   .Trash/cur/NAME              a Maildir++ folder; it says nothing of when a message came there but by the ctime of the file,
//                                which a change of flags moves on as well
//
// Both are lists of names that somebody else may write too: anything that is no regular file, or no such name, is not looked at.

import { FIRST_MAILDIR } from "../maildir/delivery-time.js";
import { uniqueNameIn } from "../maildir/file-name.js";
import type { MaildirSite } from "../maildir/maildir-site.js";
import { HOLD_FOLDER, TRASH_FOLDER } from "../message/disposal.js";
import { errnoOf } from "../ports/errno.js";
import type { Listing } from "../ports/file-system.js";

export type AsidePlace = "hold" | "trash";

export interface AsideMessage {
  readonly place: AsidePlace;
  /** Path below the maildrop, as octets. */
  readonly path: string;
  /** File name as it was, or is, in `cur/`. */
  readonly name: string;
  readonly uniqueName: string;
  /** Octets of the file. */
  readonly octets: number;
  /** Milliseconds since 1970. */
  readonly removedAt: number;
}

/** What stands aside, the latest removed first. Rejects with what the file system threw. */
export async function listAside(site: MaildirSite): Promise<readonly AsideMessage[]> {
  const held = await listPlace(site, "hold");
  const trashed = await listPlace(site, "trash");
  return [...held, ...trashed].sort(latestFirst);
}

/** Messages held aside that were removed before a moment (milliseconds since 1970), in no order; the others are not looked at. */
export function listHeld(site: MaildirSite, before = Number.POSITIVE_INFINITY): Promise<readonly AsideMessage[]> {
  return listPlace(site, "hold", before);
}

async function listPlace(
  site: MaildirSite,
  place: AsidePlace,
  before = Number.POSITIVE_INFINITY,
): Promise<readonly AsideMessage[]> {
  const { fs } = site;
  const listing = await openIfThere(site, FOLDERS[place]);
  if (listing === undefined) return [];
  const found: AsideMessage[] = [];
  try {
    for (let slice = await listing.next(); slice.length > 0; slice = await listing.next()) {
      for (const { name, kind } of slice) {
        const origin = kind === "file" || kind === "unknown" ? originOf(place, name) : undefined;
        if (origin === undefined || (origin.removedAt ?? 0) >= before) continue;
        const message = await look(site, `${FOLDERS[place]}/${name}`, { place, ...origin });
        if (message !== undefined && message.removedAt < before) found.push(message);
      }
      await fs.yieldIfDue();
    }
  } finally {
    listing.close();
  }
  return found;
}

async function openIfThere({ fs, root }: MaildirSite, folder: string): Promise<Listing | undefined> {
  // A link would lead out of the maildrop.
  if ((await fs.lstat(`${root}/${folder.split("/")[0]}`))?.kind !== "directory") return undefined;
  try {
    return await fs.list(`${root}/${folder}`);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** What the name of an entry tells. */
interface Origin {
  readonly name: string;
  readonly removedAt: number | undefined;
}

/** undefined: no removal gives such a name. */
function originOf(place: AsidePlace, entry: string): Origin | undefined {
  const found = place === "hold" ? HELD.exec(entry) : undefined;
  if (found === null) return undefined;
  const name = found?.[2] ?? entry;
  const seconds = Number(found?.[1]);
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

const FOLDERS: Readonly<Record<AsidePlace, string>> = { hold: HOLD_FOLDER, trash: `${TRASH_FOLDER}/cur` };
const HELD = /^(\d{1,11})\.(.+)$/s;
