// How a removed message goes: unlinked, or put where it can be fetched back from. Nothing is ever put over another file.
//
//   unlink   the file is no more
//   trash    into .Trash/cur, a Maildir++ folder that IMAP clients show; made where it is missing
//   hold     into postigo.hold/ beside new/ and cur/, which no other program shows, as SECONDS.NAME: when it went, and its name; that of a
//            Maildir++ folder .Work into postigo.hold/.Work/ of the Maildir, so that it outlives the folder

import { andThen, type Eventually } from "../eventually.js";
import { numbered, withInfo } from "../maildir/file-name.js";
import type { MaildirSite } from "../maildir/maildir-site.js";
import { errnoError, errnoOf } from "../ports/errno.js";
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
  /**
   * Where `dispose` found its name taken (EEXIST) or too long (ENAMETOOLONG): under another name, of the same unique name. Says which way
   * the message went. Rejects as `dispose` does.
   */
  disposeOtherwise?(path: string): Promise<Disposal["how"]>;
}

/** Where a message goes from, and the Maildir whose trash and held mail it goes to: the same, or the one that it is a folder of. */
export interface DisposalSite extends MaildirSite {
  readonly home: string;
}

/** `now`: milliseconds since 1970. What is in the trash already is unlinked. */
export function disposalOf(name: DisposalName, site: DisposalSite, now: () => number): Disposal {
  if (name === "unlink" || (name === "trash" && isTrash(site))) return unlinking(site);
  return name === "trash" ? trashing(site, now) : holding(site, now);
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

function trashing(site: DisposalSite, now: () => number): Disposal {
  const { fs, root, home } = site;
  const trash = `${home}/${TRASH_FOLDER}`;
  const into = (path: string, name: string): Eventually<void> =>
    moveAside(fs, `${root}/${path}`, `${trash}/cur/${name}`);
  return {
    name: "trash",
    how: "trashed",
    prepare: () => makeFolder(fs, trash),
    dispose: (path) => into(path, withInfo(nameIn(path))),
    async disposeOtherwise(path) {
      const done = await firstFree((number) => into(path, numbered(withInfo(nameIn(path)), number + 1)));
      if (done) return "trashed";
      // It is too long for another name there. Held it is whole, and can be brought back all the same.
      await holdIn(site, now)(path);
      return "held";
    },
  };
}

function holding(site: DisposalSite, now: () => number): Disposal {
  const { fs, root, home } = site;
  const hold = `${home}/${holdFolderOf(site)}`;
  return {
    name: "hold",
    how: "held",
    prepare: () => makeHold(site),
    dispose: (path) => moveAside(fs, `${root}/${path}`, `${hold}/${secondsOf(now)}.${nameIn(path)}`),
    async disposeOtherwise(path) {
      const to = (number: number): string => `${hold}/${secondsOf(now) + number}.${nameIn(path)}`;
      if (!(await firstFree((number) => moveAside(fs, `${root}/${path}`, to(number))))) await holdIn(site, now)(path);
      return "held";
    },
  };
}

/** Puts a message whose name is too long for more into the folder of a moment. */
const holdIn =
  (site: DisposalSite, now: () => number) =>
  async (path: string): Promise<void> => {
    const { fs, root, home } = site;
    await makeHold(site);
    const done = await firstFree(async (number) => {
      const folder = `${home}/${holdFolderOf(site)}/${secondsOf(now) + number}`;
      await makeOwnFolder(fs, folder);
      await moveAside(fs, `${root}/${path}`, `${folder}/${nameIn(path)}`);
    });
    if (!done) throw errnoError("ENAMETOOLONG", "rename", path);
  };

/** Tries numbers until one is not taken; false: it makes too long a name. Rejects with any other fault, and when all are taken. */
async function firstFree(attempt: (number: number) => Eventually<void>): Promise<boolean> {
  for (let number = 1; ; number++) {
    try {
      await attempt(number);
      return true;
    } catch (error) {
      if (errnoOf(error) === "ENAMETOOLONG") return false;
      if (errnoOf(error) !== "EEXIST" || number === NUMBERS_MAX) throw error;
    }
  }
}

function moveAside(fs: FileSystem, from: string, to: string): Eventually<void> {
  return andThen(fs.lstat(to), (standing) => {
    if (standing !== undefined) throw errnoError("EEXIST", "rename", to);
    return fs.rename(from, to);
  });
}

async function makeHold({ fs, root, home }: DisposalSite): Promise<void> {
  await makeOwnFolder(fs, `${home}/${HOLD_FOLDER}`);
  if (root !== home) await makeOwnFolder(fs, `${home}/${holdFolderOf({ root, home })}`);
}

/** A Maildir++ folder: the empty file tells delivery agents where to look for the quota. */
async function makeFolder(fs: FileSystem, path: string): Promise<void> {
  const isNew = await makeOwnFolder(fs, path);
  for (const folder of ["tmp", "new", "cur"]) await makeOwnFolder(fs, `${path}/${folder}`);
  if (isNew) await fs.replaceFile(`${path}/maildirfolder`, new Uint8Array(0), { durable: false });
}

/** Whether it is new. What is a link there leads into somebody else's mail, or brings his under ours. */
async function makeOwnFolder(fs: FileSystem, path: string): Promise<boolean> {
  const isNew = await makeDirectory(fs, path);
  if (!isNew && (await fs.lstat(path))?.kind !== "directory") throw errnoError("ENOTDIR", "mkdir", path);
  return isNew;
}

const nameIn = (path: string): string => path.slice(FOLDER_PREFIX);
const secondsOf = (now: () => number): number => Math.floor(now() / 1000);

/** Names that are tried where one is taken. */
const NUMBERS_MAX = 20;
const FOLDER_PREFIX = "new/".length;
