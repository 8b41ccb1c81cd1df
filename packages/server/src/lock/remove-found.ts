// Removes a file that was looked at and judged, and no other that may have come into its place since.

import { randomUUID } from "node:crypto";
import { errorCode, type LockIo } from "./lock-io.js";
import { type FoundOwner, isUnchanged, readOwner } from "./owner-facts.js";

/**
 * False: it had gone, or another stands there and still does. The file is renamed to a name of our own first, which only one
 * process can do, then looked at; a wrong one is put back.
 */
export function removeFound(io: LockIo, path: string, found: FoundOwner): boolean {
  const aside = `${path}.${randomUUID()}`;
  try {
    io.renameSync(path, aside);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
  const isRight = isUnchanged(found, readOwner(io, aside));
  if (!isRight) putBack(io, aside, path);
  discard(io, aside);
  return isRight;
}

/** By link(2), which never replaces: if a third has come meanwhile, the one we took away has lost its place, and will see it. */
function putBack(io: LockIo, aside: string, path: string): void {
  try {
    io.linkSync(aside, path);
  } catch (error) {
    // A directory, or a file system without hard links (EPERM, ENOTSUP): only rename is left.
    if (errorCode(error) !== "EEXIST") io.renameSync(aside, path);
  }
}

/** It may have been put back by rename; a directory that somebody made under that name goes if it is empty. */
function discard(io: LockIo, aside: string): void {
  try {
    io.unlinkSync(aside);
  } catch (error) {
    const code = errorCode(error);
    if (code === "EISDIR" || code === "EPERM") removeDirectory(io, aside);
    else if (code !== "ENOENT") throw error;
  }
}

function removeDirectory(io: LockIo, path: string): void {
  try {
    io.rmdirSync(path);
  } catch (error) {
    if (errorCode(error) !== "ENOTEMPTY") throw error;
  }
}
