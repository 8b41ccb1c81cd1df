// postigo.uids in the root of a maildrop: written whole by an import, read at the login that finds it new.

import type { Eventually } from "../eventually.js";
import { errnoOf, isMissing } from "../ports/errno.js";
import type { FileStatus, FileSystem } from "../ports/file-system.js";
import { StorageError } from "../storage-error.js";
import { ImportedIdReader } from "./imported-id-reader.js";
import { encodeImportedIds, type ImportedId, type ParsedIds, parseImportedIds } from "./imported-ids.js";

export const UIDS_NAME = "postigo.uids";

/** Of the file itself, no matter what it is; undefined if there is none. */
export function uidsStatus(fs: FileSystem, root: string): Eventually<FileStatus | undefined> {
  try {
    const status = fs.lstat(`${root}/${UIDS_NAME}`);
    return status instanceof Promise ? status.catch((error: unknown) => refuse(root, error)) : status;
  } catch (error) {
    return refuse(root, error);
  }
}

/** Durable when it resolves; a reader, or a crash, meets the old file or the new. The caller holds the lock of the maildrop. */
export async function saveImportedIds(fs: FileSystem, root: string, entries: readonly ImportedId[]): Promise<void> {
  const path = `${root}/${UIDS_NAME}`;
  try {
    await fs.replaceFile(path, encodeImportedIds(entries), { durable: true });
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    throw new StorageError("UIDS_NOT_SAVED", path, error);
  }
}

/** undefined if there is no such file. Rejects with StorageError UIDS_UNREADABLE unless it is a regular file that can be read and used. */
export async function loadImportedIds(fs: FileSystem, root: string): Promise<ParsedIds | undefined> {
  const octets = await readUids(fs, root);
  if (octets === undefined) return undefined;
  const parsed = parseImportedIds(octets);
  if (parsed.refusal !== undefined) throw unreadable(root, new Error(parsed.refusal));
  return parsed;
}

/** As `loadImportedIds`, in slices and as columns. */
export async function readImportedIds(fs: FileSystem, root: string): Promise<ImportedIdReader | undefined> {
  const octets = await readUids(fs, root);
  if (octets === undefined) return undefined;
  const reader = new ImportedIdReader(octets);
  while (reader.readOn()) {
    const pause = fs.yieldIfDue();
    if (pause) await pause;
  }
  if (reader.refusal !== undefined) throw unreadable(root, new Error(reader.refusal));
  return reader;
}

async function readUids(fs: FileSystem, root: string): Promise<Uint8Array | undefined> {
  try {
    return await fs.readFile(`${root}/${UIDS_NAME}`, UIDS_OCTETS_MAX);
  } catch (error) {
    if (isMissing(error)) return undefined;
    return refuse(root, error);
  }
}

function refuse(root: string, error: unknown): never {
  throw errnoOf(error) === undefined ? error : unreadable(root, error);
}

function unreadable(root: string, cause: unknown): StorageError {
  return new StorageError("UIDS_UNREADABLE", `${root}/${UIDS_NAME}`, cause);
}

/** Room for the most entries that a file may have, at 120 octets each; nobody can make us read more. */
const UIDS_OCTETS_MAX = 128 * 1_048_576;
