// Where the lock of a maildrop stands: its mark (the lock) and, beside it, the facts of its owner. Both are files.

import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { errorCode, type LockIo } from "./lock-io.js";

export interface LockPlace {
  /** Canonical path: one maildrop has one, however it was spelled. */
  readonly maildrop: string;
  readonly mark: string;
  readonly ownerFile: string;
}

/**
 * The place of a maildrop's lock: in the maildrop itself, or in `directory` under a name made from the canonical path.
 * Throws what the file system throws when the path cannot be followed (EACCES, ELOOP, ENOTDIR).
 */
export function lockPlace(io: LockIo, maildrop: string, directory: string | undefined): LockPlace {
  const canonical = canonicalPath(io, maildrop);
  // The names begin with "postigo" and not with a dot: Maildir++ readers take dot-directories for folders.
  const stem = directory === undefined ? join(canonical, "postigo") : join(directory, `postigo-${digest(canonical)}`);
  return { maildrop: canonical, mark: `${stem}.lock`, ownerFile: `${stem}.owner` };
}

/** A path that does not exist yet has the name it will have: that of its nearest existing ancestor, and the rest. */
function canonicalPath(io: LockIo, path: string): string {
  try {
    return io.realpathSync.native(path);
  } catch (error) {
    const parent = dirname(path);
    if (errorCode(error) !== "ENOENT" || parent === path) throw error;
    return join(canonicalPath(io, parent), basename(path));
  }
}

const digest = (path: string): string => createHash("sha256").update(path).digest("base64url");
