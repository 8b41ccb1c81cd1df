// The records of all maildrops, one file each, in a directory of their own: in the maildrops they would go where those go.
//
// A name is the hash of a path, so that no path can name another file. Those of the folders of a Maildir (`.Folder` in it) begin with the
// name of the Maildir, so that all of them are found without knowing which there are. Always through the thread pool; a file is
// written beside the old one and renamed, and never synced: what a power cut takes is made again by the next login.

import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorCode } from "../lock/lock-io.js";
import { type CanaryRecord, formatRecord, parseRecord } from "./canary-record.js";

export interface CanaryFiles {
  readonly directory: string;
  /** undefined: there is none, or none that can be believed (`spoilt`). Rejects when the directory cannot be read. */
  load(maildrop: string): Promise<CanaryRecord | "spoilt" | undefined>;
  /** Rejects when it cannot be written. */
  save(maildrop: string, record: CanaryRecord): Promise<void>;
}

export function createCanaryFiles(directory: string): CanaryFiles {
  return {
    directory,
    load: (maildrop) => load(join(directory, fileName(maildrop)), maildrop),
    save: (maildrop, record) => save(directory, maildrop, record),
  };
}

/** Removes the record of a maildrop and of every folder in it; how many there were. Rejects when that cannot be done. */
export async function forgetRecords(directory: string, maildrop: string): Promise<number> {
  const own = fileName(maildrop);
  const inIt = `${hashOf(maildrop)}-`;
  return removeEach(directory, (record) => record === own || record.startsWith(inIt));
}

/** The same for all maildrops, also those of accounts that are no more. */
export async function forgetAllRecords(directory: string): Promise<number> {
  return removeEach(directory, () => true);
}

async function load(path: string, maildrop: string): Promise<CanaryRecord | "spoilt" | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    if (errorCode(error) === "ELOOP") return "spoilt";
    throw error;
  }
  try {
    const octets = Buffer.alloc(MOST_OCTETS + 1);
    const { bytesRead } = await file.read(octets, 0, octets.length, 0);
    if (bytesRead > MOST_OCTETS) return "spoilt";
    return parseRecord(maildrop, octets.toString("utf8", 0, bytesRead)) ?? "spoilt";
  } finally {
    await file.close();
  }
}

async function save(directory: string, maildrop: string, record: CanaryRecord): Promise<void> {
  const path = join(directory, fileName(maildrop));
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeNew(directory, temporary, formatRecord(maildrop, record));
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

async function writeNew(directory: string, path: string, text: string): Promise<void> {
  const file = await openNew(directory, path);
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}

async function openNew(directory: string, path: string): Promise<FileHandle> {
  try {
    return await open(path, NEW_FILE_FLAGS, FILE_MODE);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
    await mkdir(directory, { mode: FOLDER_MODE, recursive: true });
    return await open(path, NEW_FILE_FLAGS, FILE_MODE);
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** What was being written when its process was killed goes too, and is not counted. */
async function removeEach(directory: string, isWanted: (record: string) => boolean): Promise<number> {
  let removed = 0;
  for (const name of await namesIn(directory)) {
    const [, record, temporary] = FILE_NAME.exec(name) ?? [];
    if (record === undefined || !isWanted(record)) continue;
    if ((await removeOne(join(directory, name))) && temporary === undefined) removed += 1;
  }
  return removed;
}

/** false: a server that runs meanwhile, or another such command, was quicker. */
async function removeOne(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
    return false;
  }
}

function fileName(maildrop: string): string {
  const folder = basename(maildrop);
  return folder.startsWith(".") ? `${hashOf(dirname(maildrop))}-${hashOf(folder)}` : hashOf(maildrop);
}

const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 40);

const FILE_NAME = /^([0-9a-f]{40}(?:-[0-9a-f]{40})?)(\.\d+\.tmp)?$/;
/** A path of 4,096 octets, each written as `\uXXXX`, and the rest. */
const MOST_OCTETS = 32_768;
/** An old one of a process with our number that was killed is written over; a link is followed nowhere. */
const NEW_FILE_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
