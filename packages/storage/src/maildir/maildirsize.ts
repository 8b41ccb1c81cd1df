// maildirsize, the running total of a Maildir++ quota, is kept by whoever delivers and counts. What we remove we must tell it,
// else the maildrop looks full for ever:
//
//   file  = limits LF *( line LF )        limits: `10000000S,1000C`, octets and messages
//   line  = octets SP messages            signed decimals; the usage is the sum of all lines
//
// One line for each removal, in one O_APPEND write, since others append without a lock. The file is never made and its first
// line never touched: who owns the quota does that (ADR 0017). Grammar: Maildir++ (Courier, README.maildirquota).

import { Buffer } from "node:buffer";
import { errnoOf } from "../ports/errno.js";
import type { FileStatus, FileSystem } from "../ports/file-system.js";
import { octetHintOf } from "./file-name.js";

/** Differences: negative for what went. */
export interface Usage {
  readonly octets: number;
  readonly messages: number;
}

/** A line that is about to be appended: to which file, and how long that was. */
export interface UsageNote extends Usage {
  readonly inode: bigint;
  readonly offset: number;
}

/** Where the line of `usage` will go; undefined if there is no quota, or nothing to tell it. */
export async function noteUsage(fs: FileSystem, root: string, usage: Usage): Promise<UsageNote | undefined> {
  if (usage.messages === 0) return undefined;
  const status = await quotaOf(fs, root);
  return status && { ...usage, inode: status.inode, offset: status.size };
}

/** Appends the line. Rejects with what the file system threw. */
export async function tellUsage(fs: FileSystem, root: string, { offset, ...usage }: UsageNote): Promise<void> {
  const path = `${root}/${QUOTA_NAME}`;
  const last = await lastOctetOf(fs, path, offset);
  // A line that a crash has cut off must not run into ours.
  const line = `${last === LF ? "" : "\n"}${lineOf(usage)}`;
  try {
    await fs.append(path, Buffer.from(line, "latin1"));
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
}

/**
 * Whether the line stands where it was to go, or need not any more: a file that has taken the place of that one was counted anew.
 * A line that another program appended meanwhile, of the same octets and messages, is taken for it.
 */
export async function isUsageTold(fs: FileSystem, root: string, note: UsageNote): Promise<boolean> {
  const status = await quotaOf(fs, root);
  if (status === undefined || status.inode !== note.inode || status.size < note.offset) return true;
  const tail = new Uint8Array(Math.min(status.size - note.offset, TAIL_MAX));
  const fd = await fs.openRead(`${root}/${QUOTA_NAME}`);
  try {
    const length = await fs.read(fd, tail, note.offset);
    return `\n${Buffer.from(tail.subarray(0, length)).toString("latin1")}`.includes(`\n${lineOf(note)}`);
  } finally {
    fs.close(fd);
  }
}

/** The file of the quota; undefined if there is none, or nothing in it: a first line is not ours to write. */
export async function quotaOf(fs: FileSystem, root: string): Promise<FileStatus | undefined> {
  const status = await fs.lstat(`${root}/${QUOTA_NAME}`);
  return status?.kind === "file" && status.size > 0 ? status : undefined;
}

/** Octets of a message as the quota counts them: those its name tells, else those of the file. */
export function quotaOctets(name: string, fileOctets: number): number {
  const hint = octetHintOf(name, "S");
  return hint < 0 ? fileOctets : hint;
}

const lineOf = ({ octets, messages }: Usage): string => `${octets} ${messages}\n`;

async function lastOctetOf(fs: FileSystem, path: string, size: number): Promise<number | undefined> {
  const last = new Uint8Array(1);
  const fd = await fs.openRead(path);
  try {
    await fs.read(fd, last, size - 1);
  } finally {
    fs.close(fd);
  }
  return last[0];
}

const QUOTA_NAME = "maildirsize";
const LF = 0x0a;
/** Readers count a file of 5,120 octets anew. */
const TAIL_MAX = 65_536;
