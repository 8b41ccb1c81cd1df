// Where the lock of a maildrop stands.

import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import type { LockDisk } from "./lock-disk.js";
import { errorCode } from "./lock-io.js";

export interface LockPlace {
  /** Canonical path: one maildrop has one, however it was spelled. */
  readonly maildrop: string;
  /** False while there is no maildrop to put a lock into. */
  readonly exists: boolean;
  /** The lock: a name of an owner file. */
  readonly mark: string;
  /** What the first name of an owner file begins with; its token follows. */
  readonly ownerStem: string;
}

/**
 * The place of a maildrop's lock: in the maildrop itself, or in `directory` under a name made from the canonical path.
 * Throws what the file system throws when the path cannot be followed (EACCES, ELOOP, ENOTDIR).
 */
export async function lockPlace(disk: LockDisk, maildrop: string, directory: string | undefined): Promise<LockPlace> {
  const { path, exists } = await canonicalPath(disk, maildrop);
  // The names begin with "postigo" and not with a dot: Maildir++ readers take dot-directories for folders.
  const stem = directory === undefined ? `${path}/postigo` : join(directory, `postigo-${digest(path)}`);
  return {
    maildrop: path,
    exists: exists || directory !== undefined,
    mark: `${stem}.lock`,
    ownerStem: `${stem}.owner.`,
  };
}

/** A path that does not exist yet has the name it will have: that of its nearest existing ancestor, and the rest. */
async function canonicalPath(disk: LockDisk, path: string): Promise<{ path: string; exists: boolean }> {
  try {
    return { path: await disk.realpath(path), exists: true };
  } catch (error) {
    const parent = dirname(path);
    if (errorCode(error) !== "ENOENT" || parent === path) throw error;
    return { path: join((await canonicalPath(disk, parent)).path, basename(path)), exists: false };
  }
}

const digest = (path: string): string => createHash("sha256").update(path).digest("base64url");
