// Where the lock of a maildrop stands.

import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { errorCode, type LockIo } from "./lock-io.js";

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
export function lockPlace(io: LockIo, maildrop: string, directory: string | undefined): LockPlace {
  const { path, exists } = canonicalPath(io, maildrop);
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
function canonicalPath(io: LockIo, path: string): { path: string; exists: boolean } {
  try {
    return { path: io.realpathSync.native(path), exists: true };
  } catch (error) {
    const parent = dirname(path);
    if (errorCode(error) !== "ENOENT" || parent === path) throw error;
    return { path: join(canonicalPath(io, parent).path, basename(path)), exists: false };
  }
}

const digest = (path: string): string => createHash("sha256").update(path).digest("base64url");
