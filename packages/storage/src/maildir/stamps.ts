// What the times of a folder prove about its content.
//
// Each file that comes, goes or is renamed changes the mtime and ctime of its folder. So a folder whose device, inode, mtime and
// ctime are those of an earlier look holds what it held then, with one exception: a file system stamps in ticks (nanoseconds
// here, milliseconds on older kernels, a second on older formats), and a change in the tick of the listing leaves no trace. A
// listing is trusted later on only if it began well after the last change it could have seen, by SETTLED_NS. A stamp that lies in the
// future is never trusted.

import type { Eventually } from "../eventually.js";
import type { FileStatus, FileSystem } from "../ports/file-system.js";

export type FolderStamp = Pick<FileStatus, "device" | "inode" | "mtimeNs" | "ctimeNs">;

/** Which folders hold the messages. */
export interface MaildirFolders {
  readonly new: FolderIdentity;
  readonly cur: FolderIdentity;
}

export type FolderIdentity = Pick<FileStatus, "device" | "inode">;

export interface Stamps extends MaildirFolders {
  readonly new: FolderStamp;
  readonly cur: FolderStamp;
}

/** The stamps of new/ and cur/; undefined unless both are directories. Throws or rejects with what the file system says. */
export function readStamps(fs: FileSystem, root: string): Eventually<Stamps | undefined> {
  const fresh = fs.stat(`${root}/new`);
  const seen = fs.stat(`${root}/cur`);
  if (fresh instanceof Promise || seen instanceof Promise) {
    return Promise.all([fresh, seen]).then(([first, second]) => stampsOf(first, second));
  }
  return stampsOf(fresh, seen);
}

export function sameStamps(a: Stamps, b: Stamps): boolean {
  return sameFolder(a.new, b.new) && sameFolder(a.cur, b.cur);
}

/** Whether a listing that began at `beganMs` (since 1970) of folders with these stamps can be trusted later on. */
export function isSettled(stamps: Stamps, beganMs: number): boolean {
  return hasSettled(stamps.new, beganMs) && hasSettled(stamps.cur, beganMs);
}

/** The same for one file or folder. */
export function hasSettled({ mtimeNs, ctimeNs }: Pick<FileStatus, "mtimeNs" | "ctimeNs">, beganMs: number): boolean {
  const latest = BigInt(Math.floor(beganMs)) * 1_000_000n - SETTLED_NS;
  return mtimeNs <= latest && ctimeNs <= latest;
}

function stampsOf(fresh: FileStatus | undefined, seen: FileStatus | undefined): Stamps | undefined {
  return fresh?.kind === "directory" && seen?.kind === "directory" ? { new: fresh, cur: seen } : undefined;
}

function sameFolder(a: FolderStamp, b: FolderStamp): boolean {
  return a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs && a.inode === b.inode && a.device === b.device;
}

const SETTLED_NS = 2_000_000_000n;
