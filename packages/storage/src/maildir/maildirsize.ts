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
import type { FileSystem } from "../ports/file-system.js";
import { octetHintOf } from "./file-name.js";

export interface Usage {
  readonly octets: number;
  readonly messages: number;
}

/** Takes `usage` off the total, if there is one. Rejects with what the file system threw. */
export async function subtractUsage(fs: FileSystem, root: string, usage: Usage): Promise<void> {
  if (usage.messages === 0) return;
  const path = `${root}/maildirsize`;
  const last = await lastOctetOf(fs, path);
  if (last === undefined) return;
  // A line that a crash has cut off must not run into ours.
  const line = `${last === LF ? "" : "\n"}-${usage.octets} -${usage.messages}\n`;
  try {
    await fs.append(path, Buffer.from(line, "latin1"));
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
}

/** Octets of a message as the quota counts them: those its name tells, else those of the file. */
export function quotaOctets(name: string, fileOctets: number): number {
  const hint = octetHintOf(name, "S");
  return hint < 0 ? fileOctets : hint;
}

/** undefined if there is no such regular file, or nothing in it: a first line is not ours to write. */
async function lastOctetOf(fs: FileSystem, path: string): Promise<number | undefined> {
  const status = await fs.lstat(path);
  if (status?.kind !== "file" || status.size === 0) return undefined;
  const last = new Uint8Array(1);
  const fd = await fs.openRead(path);
  try {
    await fs.read(fd, last, status.size - 1);
  } finally {
    fs.close(fd);
  }
  return last[0];
}

const LF = 0x0a;
