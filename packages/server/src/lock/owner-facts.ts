// What stands in an owner file, and in a lock, which is a name of one.
//
//   owner-file = one JSON object of at most 4096 octets, LF
//                {"token":"…","host":"…","machine":"…","bootId":"…","pidNamespace":"…","pid":1,"pidStart":1,
//                 "since":"2026-11-22T10:00:00.000Z"}
//
// A file that cannot be read as this (cut off, garbage, a symlink, a FIFO, a directory) is an owner without facts: nothing is
// proven by it, only its age speaks.

import type { Stats } from "node:fs";
import type { LockOwner } from "./maildrop-lock.js";

/** What tells a file from any other, whatever names it has; and the time of its last sign of life. */
export interface FileStamp {
  readonly device: number;
  readonly inode: number;
  readonly modifiedMs: number;
}

/** A mark or an owner file as it was found. */
export interface FoundOwner {
  readonly owner: LockOwner | undefined;
  readonly stamp: FileStamp;
  /** False for what cannot be looked into, too. */
  readonly isFile: boolean;
  /** proper-lockfile's own form of a lock. */
  readonly isDirectory: boolean;
}

export const isSameFile = (one: FileStamp, other: FileStamp | undefined): boolean =>
  other !== undefined && one.inode === other.inode && one.device === other.device;

/** The same file of the same owner, who has given no sign of life in between. */
export const isUnchanged = (one: FoundOwner, other: FoundOwner | undefined): boolean =>
  isSameFile(one.stamp, other?.stamp) &&
  one.stamp.modifiedMs === other?.stamp.modifiedMs &&
  one.owner?.token === other.owner?.token;

export const stampOf = ({ dev, ino, mtimeMs }: Stats): FileStamp => ({ device: dev, inode: ino, modifiedMs: mtimeMs });

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

const TEXT_FIELDS = ["token", "host", "machine", "bootId", "pidNamespace", "since"] as const;
const NUMBER_FIELDS = ["pid", "pidStart"] as const;
