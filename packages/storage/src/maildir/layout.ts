// Whether a Maildir stands at a path, and what its absence means. An empty maildrop makes clients forget what they have, so
// nothing is called empty that may only be out of reach: an unmounted spool, a folder without new/ or cur/, one we may not read.

import type { Eventually } from "../eventually.js";
import { errnoOf } from "../ports/errno.js";
import type { FileStatus, FileSystem } from "../ports/file-system.js";
import { makeDirectory } from "../ports/make-directory.js";
import { StorageError } from "../storage-error.js";
import { readStamps, type Stamps } from "./stamps.js";

export interface LayoutOptions {
  /** undefined: a missing Maildir is not made. Else asked before one is made where none of it stands. */
  readonly mayCreate: (() => Eventually<boolean>) | undefined;
  /** The fixed part of the path template, as octets. */
  readonly anchor: string | undefined;
}

/** The stamps of a Maildir, made if it may be; "absent" if it does not exist yet. Rejects with StorageError. */
export async function findMaildir(fs: FileSystem, root: string, options: LayoutOptions): Promise<Stamps | "absent"> {
  const stamps = await orUnreadable(root, () => readStamps(fs, root));
  if (stamps !== undefined) return stamps;
  await expectNoLostLink(fs, root);
  const status = await orUnreadable(root, () => fs.stat(root));
  const { mayCreate, anchor } = options;
  if (mayCreate !== undefined) {
    if (!(await holdsFolders(fs, root)) && !(await mayCreate())) throw new StorageError("DECLINED", root);
    return makeMaildir(fs, root, anchor);
  }
  if (status === undefined) return expectSpool(fs, root, anchor);
  throw new StorageError("NOT_A_MAILDIR", root);
}

/**
 * The stamps of `root`, a Maildir++ folder in the Maildir `home`. Never made, and never followed out of the Maildir by a link: a user who can
 * write there could name the mail of another one. Rejects with StorageError.
 */
export async function findFolder(fs: FileSystem, root: string, home: string): Promise<Stamps> {
  const entry = await orUnreadable(root, () => fs.lstat(root));
  if (entry?.kind !== "directory") throw await whyNoFolder(fs, root, home);
  const stamps = await orUnreadable(root, () => readStamps(fs, root));
  if (stamps === undefined) throw new StorageError("NOT_A_MAILDIR", root);
  return stamps;
}

/** Where there is no Maildir either, nothing is known of its folders. */
async function whyNoFolder(fs: FileSystem, root: string, home: string): Promise<StorageError> {
  const stamps = await orUnreadable(home, () => readStamps(fs, home));
  return stamps === undefined ? new StorageError("SPOOL_MISSING", home) : new StorageError("NO_SUCH_FOLDER", root);
}

/** What a failed look at `root` is called. What no disk can do is thrown again. */
export function troubleWith(root: string, error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const errno = errnoOf(error);
  if (errno === undefined) throw error;
  return new StorageError(errno === "ENOTDIR" ? "NOT_A_MAILDIR" : "UNREADABLE", root, error);
}

/** Throws if a link on the way to `root` leads nowhere: the disk behind it may not be mounted. */
async function expectNoLostLink(fs: FileSystem, root: string): Promise<void> {
  for (let path = root; path !== ""; path = parentOf(path)) {
    const entry = await orUnreadable(root, () => fs.lstat(path));
    if (entry === undefined) continue;
    const isLost = entry.kind === "symlink" && (await orUnreadable(root, () => fs.stat(path))) === undefined;
    if (isLost) throw new StorageError("SPOOL_MISSING", path);
    return;
  }
}

/**
 * Throws if the maildrop is missing for want of a mount. A delivery agent makes all folders that miss with the first mail, so a folder on
 * the way that is not there is a maildrop to come; one that is there and empty is what is left of a disk that is gone (ADR 0061).
 */
async function expectSpool(fs: FileSystem, root: string, anchor: string | undefined): Promise<"absent"> {
  if (anchor === undefined) throw new StorageError("SPOOL_MISSING", root);
  await expectFilled(fs, anchor);
  const nearest = await nearestFolder(fs, parentOf(root), anchor);
  if (nearest !== anchor) await expectFilled(fs, nearest);
  return "absent";
}

async function expectFilled(fs: FileSystem, path: string): Promise<void> {
  if (!(await orUnreadable(path, () => isFilledDirectory(fs, path)))) throw new StorageError("SPOOL_MISSING", path);
}

/** The deepest folder on the way from `anchor` that exists. */
async function nearestFolder(fs: FileSystem, path: string, anchor: string): Promise<string> {
  if (path.length <= anchor.length) return anchor;
  const status = await orUnreadable(path, () => fs.stat(path));
  return status === undefined ? nearestFolder(fs, parentOf(path), anchor) : path;
}

async function isFilledDirectory(fs: FileSystem, path: string): Promise<boolean> {
  if (!isDirectory(await fs.stat(path))) return false;
  const listing = await fs.list(path);
  try {
    const entries = await listing.next();
    return entries.length > 0;
  } finally {
    listing.close();
  }
}

/** Where one of them stands, messages may: what is missing is made, and then they can be listed. */
async function holdsFolders(fs: FileSystem, root: string): Promise<boolean> {
  for (const folder of ["new", "cur"]) {
    if ((await orUnreadable(root, () => fs.stat(`${root}/${folder}`))) !== undefined) return true;
  }
  return false;
}

// The anchor is never made: where the spool is not mounted, its maildrops must not come into being on another disk.
async function makeMaildir(fs: FileSystem, root: string, anchor: string | undefined): Promise<Stamps> {
  if (anchor !== undefined && !isDirectory(await orUnreadable(anchor, () => fs.stat(anchor)))) {
    throw new StorageError("SPOOL_MISSING", anchor);
  }
  try {
    await makeWithParents(fs, root);
    for (const folder of ["tmp", "new", "cur"]) await makeWithParents(fs, `${root}/${folder}`);
  } catch (error) {
    throw new StorageError("CANNOT_CREATE", root, error);
  }
  const stamps = await orUnreadable(root, () => readStamps(fs, root));
  if (stamps === undefined) throw new StorageError("NOT_A_MAILDIR", root);
  return stamps;
}

async function makeWithParents(fs: FileSystem, path: string, isParentMade = false): Promise<void> {
  try {
    await makeDirectory(fs, path);
  } catch (error) {
    const parent = parentOf(path);
    // A parent may exist and lead nowhere: once is enough.
    if (errnoOf(error) !== "ENOENT" || parent === "" || isParentMade) throw error;
    await makeWithParents(fs, parent);
    await makeWithParents(fs, path, true);
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

async function orUnreadable<T>(path: string, look: () => T | Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    throw troubleWith(path, error);
  }
}

function isDirectory(status: FileStatus | undefined): boolean {
  return status?.kind === "directory";
}
