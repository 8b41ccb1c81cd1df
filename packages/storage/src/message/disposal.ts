// How a removed message goes: unlinked, or put where it can be fetched back from. Nothing is ever put over another file.
//
//   unlink   the file is no more
//   trash    into .Trash/cur, a Maildir++ folder that IMAP clients show; made where it is missing
//   hold     into postigo.hold/ beside new/ and cur/, which no other program shows, as SECONDS.NAME: when it went, and its name; that of a
//            Maildir++ folder .Work into postigo.hold/.Work/ of the Maildir, so that it outlives the folder

import { andThen, type Eventually } from "../eventually.js";
import { withInfo } from "../maildir/file-name.js";
import type { MaildirSite } from "../maildir/maildir-site.js";
import { errnoError } from "../ports/errno.js";
import type { FileSystem } from "../ports/file-system.js";
import { makeDirectory } from "../ports/make-directory.js";

export type DisposalName = "unlink" | "trash" | "hold";

export interface Disposal {
  readonly name: DisposalName;
  /** What a report says of a message that went this way. */
  readonly how: "unlinked" | "trashed" | "held";
  /** Makes the folder it needs. Rejects with what the file system threw. */
  prepare(): Promise<void>;
  /** `path`: of a message, below the maildrop. Throws or rejects what the file system says; EEXIST if something stands there. */
  dispose(path: string): Eventually<void>;
}

/** Where a message goes from, and the Maildir whose trash and held mail it goes to: the same, or the one that it is a folder of. */
export interface DisposalSite extends MaildirSite {
  readonly home: string;
}

/** `now`: milliseconds since 1970. What is in the trash already is unlinked. */
export function disposalOf(name: DisposalName, site: DisposalSite, now: () => number): Disposal {
  if (name === "unlink" || (name === "trash" && isTrash(site))) return unlinking(site);
  return name === "trash" ? trashing(site) : holding(site, now);
}

export const isTrash = ({ root, home }: DisposalSite): boolean => root === `${home}/${TRASH_FOLDER}`;

export const TRASH_FOLDER = ".Trash";
export const HOLD_FOLDER = "postigo.hold";

/** Where mail of that maildrop is held, below its Maildir. */
export const holdFolderOf = ({ root, home }: Omit<DisposalSite, "fs">): string => HOLD_FOLDER + root.slice(home.length);

function unlinking({ fs, root }: MaildirSite): Disposal {
  return {
    name: "unlink",
    how: "unlinked",
    prepare: async () => undefined,
    dispose: (path) => fs.unlink(`${root}/${path}`),
  };
}

function trashing({ fs, root, home }: DisposalSite): Disposal {
  const trash = `${home}/${TRASH_FOLDER}`;
  return {
    name: "trash",
    how: "trashed",
    prepare: () => makeFolder(fs, trash),
    dispose: (path) => moveAside(fs, `${root}/${path}`, `${trash}/cur/${withInfo(path.slice(FOLDER_PREFIX))}`),
  };
}

function holding({ fs, root, home }: DisposalSite, now: () => number): Disposal {
  const hold = `${home}/${holdFolderOf({ root, home })}`;
  return {
    name: "hold",
    how: "held",
    async prepare() {
      await makeHold(fs, `${home}/${HOLD_FOLDER}`);
      if (root !== home) await makeHold(fs, hold);
    },
    dispose(path) {
      const held = `${Math.floor(now() / 1000)}.${path.slice(FOLDER_PREFIX)}`;
      return moveAside(fs, `${root}/${path}`, `${hold}/${held}`);
    },
  };
}

function moveAside(fs: FileSystem, from: string, to: string): Eventually<void> {
  return andThen(fs.lstat(to), (standing) => {
    if (standing !== undefined) throw errnoError("EEXIST", "rename", to);
    return fs.rename(from, to);
  });
}

/** What is a link there may lead into somebody's mail, whose names look like those of held messages. */
async function makeHold(fs: FileSystem, path: string): Promise<void> {
  const isNew = await makeDirectory(fs, path);
  if (!isNew && (await fs.lstat(path))?.kind !== "directory") throw errnoError("ENOTDIR", "mkdir", path);
}

/** A Maildir++ folder: the empty file tells delivery agents where to look for the quota. */
async function makeFolder(fs: FileSystem, path: string): Promise<void> {
  const isNew = await makeDirectory(fs, path);
  for (const folder of ["tmp", "new", "cur"]) await makeDirectory(fs, `${path}/${folder}`);
  if (isNew) await fs.replaceFile(`${path}/maildirfolder`, new Uint8Array(0), { durable: false });
}

const FOLDER_PREFIX = "new/".length;
