// A file is replaced whole or not at all: temporary file beside it → fsync → rename → fsync of the folder. Always through the
// thread pool: fsync has no upper bound, and this happens once a session at most.

import { constants } from "node:fs";
import { errnoOf } from "./errno.js";
import type { ReplaceOptions } from "./file-system.js";
import type { Later } from "./node-later.js";
import { nativePath } from "./octet-path.js";

export interface Replacement extends ReplaceOptions {
  readonly path: string;
  readonly octets: Uint8Array;
}

export async function replaceFile(later: Later, { path, octets, durable }: Replacement): Promise<void> {
  // The lock of the maildrop leaves one writer; the pid keeps one that lost its lock on another host out of our file.
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeNewFile(later, { path: temporary, octets, durable });
    await later.rename(nativePath(temporary), nativePath(path));
  } catch (error) {
    await later.unlink(nativePath(temporary)).catch(() => undefined);
    throw error;
  }
  if (durable) await syncFolder(later, path.slice(0, path.lastIndexOf("/") + 1) || ".");
}

async function writeNewFile(later: Later, { path, octets, durable }: Replacement): Promise<void> {
  const fd = await createFile(later, path);
  try {
    for (let written = 0; written < octets.length; ) written += await later.write(fd, octets.subarray(written));
    if (durable) await later.fsync(fd);
  } finally {
    later.close(fd);
  }
}

async function createFile(later: Later, path: string): Promise<number> {
  try {
    return await later.open(nativePath(path), NEW_FILE_FLAGS, FILE_MODE);
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
    // Left behind by a process of the same pid that was killed.
    await later.unlink(nativePath(path));
    return await later.open(nativePath(path), NEW_FILE_FLAGS, FILE_MODE);
  }
}

async function syncFolder(later: Later, path: string): Promise<void> {
  const fd = await later.open(nativePath(path), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await later.fsync(fd);
  } finally {
    later.close(fd);
  }
}

const NEW_FILE_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const FILE_MODE = 0o600;
