// The owner file: who holds the lock of a maildrop. Whoever has created it, exclusively, is the owner; it decides, not the mark.
//
//   postigo.owner = one JSON object of at most 4096 octets, LF
//                   {"token":"…","host":"…","machine":"…","bootId":"…","pidNamespace":"…","pid":1,"pidStart":1,
//                    "session":"…","user":"…","peer":"…","since":"2026-11-22T10:00:00.000Z"}
//
// It stands beside the mark, whose time is the heartbeat and which proper-lockfile makes before there are facts to write. A file that cannot be
// read as this (cut off, garbage, a symlink, a FIFO) is an owner without facts: nothing is proven by it, only age speaks.
// Nobody may remove a file he has not looked at: `removeOwner` takes it away under a name of its own, compares, and puts a wrong one back.

import { constants } from "node:fs";
import { errorCode, type LockIo } from "./lock-io.js";
import type { LockOwner } from "./maildrop-lock.js";

/** An owner file as it was found. `identity` tells it from any other that stands in its place later. */
export interface FoundOwner {
  readonly owner: LockOwner | undefined;
  readonly identity: string;
}

/** undefined: there is none. */
export function readOwner(io: LockIo, path: string): FoundOwner | undefined {
  // A maildrop mostly has none, and an error thrown to say so costs ten times the question.
  if (io.lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  const owner = parseOwner(readText(io, path));
  return owner === undefined ? identifyUnreadable(io, path) : { owner, identity: owner.token };
}

/** Is it the owner file of this token? Asked of a file that should be there. */
export const holdsToken = (io: LockIo, path: string, token: string): boolean =>
  parseOwner(readText(io, path))?.token === token;

/** False: another owner stands there. Throws what the disk says otherwise, and leaves nothing behind then. */
export function createOwner(io: LockIo, path: string, owner: LockOwner): boolean {
  let file: number;
  try {
    file = io.openSync(path, CREATE, 0o600);
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
  try {
    const octets = Buffer.from(formatOwner(owner));
    if (io.writeSync(file, octets) < octets.length) throw new ShortWriteError(path);
  } catch (error) {
    io.unlinkSync(path);
    throw error;
  } finally {
    io.closeSync(file);
  }
  return true;
}

/** Removes exactly the owner that was found. False: it had gone, or another stands there and still does. */
export function removeOwner(io: LockIo, path: string, found: FoundOwner, token: string): boolean {
  const aside = `${path}.${token}`;
  try {
    io.renameSync(path, aside);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
  const isSame = readOwner(io, aside)?.identity === found.identity;
  if (!isSame) putBack(io, aside, path);
  discard(io, aside);
  return isSame;
}

export const formatOwner = (owner: LockOwner): string => `${JSON.stringify(owner)}\n`;

export function parseOwner(text: string | undefined): LockOwner | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isOwner(value) ? value : undefined;
  } catch {
    return undefined; // half a file, or none of ours
  }
}

function isOwner(value: unknown): value is LockOwner {
  if (typeof value !== "object" || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  return (
    TEXT_FIELDS.every((name) => typeof fields.get(name) === "string") &&
    NUMBER_FIELDS.every((name) => Number.isSafeInteger(fields.get(name))) &&
    fields.get("token") !== "" &&
    Number(fields.get("pid")) > 0
  );
}

/** The text of a regular file of bounded size; undefined for anything else. Follows no link and waits for no FIFO. */
function readText(io: LockIo, path: string): string | undefined {
  let file: number;
  try {
    file = io.openSync(path, READ);
  } catch {
    return undefined; // a link, or gone by now: the caller looks at what it is
  }
  try {
    if (!io.fstatSync(file).isFile()) return undefined;
    const octets = io.readSync(file, SCRATCH, 0, SCRATCH.length, 0);
    return octets > MAX_OCTETS ? undefined : SCRATCH.toString("utf8", 0, octets);
  } catch {
    return undefined; // unreadable is unknown
  } finally {
    io.closeSync(file);
  }
}

function identifyUnreadable(io: LockIo, path: string): FoundOwner | undefined {
  const stats = io.lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  return { owner: undefined, identity: `#${stats.dev}:${stats.ino}:${stats.mtimeMs}:${stats.size}` };
}

/** By link(2), which never replaces: if a third owner has come meanwhile, the one we took away has lost its lock, and will see it. */
function putBack(io: LockIo, aside: string, path: string): void {
  try {
    io.linkSync(aside, path);
  } catch (error) {
    // A file system without hard links (EPERM, ENOTSUP) leaves only rename.
    if (errorCode(error) !== "EEXIST") io.renameSync(aside, path);
  }
}

/** It may have been put back by rename; and a directory somebody made under that name is theirs to clear away. */
function discard(io: LockIo, aside: string): void {
  try {
    io.unlinkSync(aside);
  } catch (error) {
    const code = errorCode(error);
    if (code !== "ENOENT" && code !== "EISDIR") throw error;
  }
}

/** Only a full disk writes a part of so few octets. */
class ShortWriteError extends Error {
  readonly code = "ENOSPC";

  constructor(path: string) {
    super(`short write: ${path}`);
  }
}

const TEXT_FIELDS = ["token", "host", "machine", "bootId", "pidNamespace", "session", "user", "peer", "since"] as const;
const NUMBER_FIELDS = ["pid", "pidStart"] as const;
const MAX_OCTETS = 4096;
/** Filled and read within one synchronous step, so one serves all. One octet more than may be, to see what is too long. */
const SCRATCH = Buffer.alloc(MAX_OCTETS + 1);
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
