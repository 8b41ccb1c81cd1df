// The folders below a Maildir in which mail is held:
//
//   postigo.hold             of the Maildir itself
//   postigo.hold/.FOLDER     of that Maildir++ folder
//   …/SECONDS                in either: mail whose name leaves no room for the time of its removal before it; the folder tells it
//
// The owner of the Maildir can write there, too: what is a link, or is called otherwise, is none of them.

import type { MaildirSite } from "../maildir/maildir-site.js";
import { HOLD_FOLDER } from "../message/disposal.js";
import { errnoOf } from "../ports/errno.js";
import type { Listing } from "../ports/file-system.js";
import { slicesOf } from "../ports/slices.js";

export interface HeldFolder {
  /** Below the Maildir. */
  readonly path: string;
  /** When what is in it was removed, in milliseconds since 1970; undefined: the names tell. */
  readonly removedAt: number | undefined;
}

/** All of a Maildir, each after those that are in it. Rejects with what the file system threw. */
export async function heldFolders(site: MaildirSite): Promise<readonly HeldFolder[]> {
  const found: HeldFolder[] = [];
  for (const folder of await foldersOfHeld(site)) found.push(...(await heldFoldersAt(site, folder)));
  return [...found, ...(await heldFoldersAt(site, HOLD_FOLDER))];
}

/** One of them, after those of moments in it. Rejects with what the file system threw. */
export async function heldFoldersAt(site: MaildirSite, path: string): Promise<readonly HeldFolder[]> {
  const moments = await subfolders(site, path, MOMENT);
  const inIt = moments.map((moment) => ({ path: moment, removedAt: Number(moment.slice(path.length + 1)) * 1000 }));
  return [...inIt, { path, removedAt: undefined }];
}

/** Those of Maildir++ folders. Rejects with what the file system threw. */
export function foldersOfHeld(site: MaildirSite): Promise<readonly string[]> {
  return subfolders(site, HOLD_FOLDER, FOLDER);
}

/** Takes the folder of a moment away once nothing is in it any more. `path`: of a message that has gone from there. */
export async function tidyUp({ fs, root }: MaildirSite, path: string): Promise<void> {
  const folder = path.slice(0, path.lastIndexOf("/"));
  if (!MOMENT.test(folder.slice(folder.lastIndexOf("/") + 1))) return;
  try {
    await fs.rmdir(`${root}/${folder}`);
  } catch {
    // Others are in it, or it has gone: an empty folder that stays disturbs nobody.
  }
}

/** undefined: it is not there, or a link is on the way, which would lead out of the Maildir. Rejects with what the file system threw. */
export async function openIfThere({ fs, root }: MaildirSite, folder: string): Promise<Listing | undefined> {
  for (let end = 0; end !== folder.length; ) {
    end = folder.indexOf("/", end + 1);
    if (end < 0) end = folder.length;
    if ((await fs.lstat(`${root}/${folder.slice(0, end)}`))?.kind !== "directory") return undefined;
  }
  try {
    return await fs.list(`${root}/${folder}`);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function subfolders(site: MaildirSite, folder: string, form: RegExp): Promise<readonly string[]> {
  const listing = await openIfThere(site, folder);
  if (listing === undefined) return [];
  const found: string[] = [];
  for await (const slice of slicesOf(listing)) {
    for (const { name, kind } of slice) {
      if ((kind === "directory" || kind === "unknown") && form.test(name)) found.push(`${folder}/${name}`);
    }
  }
  return found;
}

const MOMENT = /^\d{1,11}$/;
const FOLDER = /^\../s;
