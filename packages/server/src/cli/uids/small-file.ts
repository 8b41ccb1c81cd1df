// A file of one line that others write beside mail, or Dovecot in its run folder: whatever stands in its place, reading it takes no time.

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

export interface SmallFile {
  /** One latin-1 character an octet; the first kilobyte. */
  readonly text: string;
  readonly inode: bigint;
  readonly mtimeMs: number;
}

/** Throws what the file system threw, ELOOP for a link and EINVAL for what is no regular file: the other end of a FIFO may never come. */
export const readSmallFile = (path: string): SmallFile => {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const status = fstatSync(fd, { bigint: true });
    if (!status.isFile()) throw Object.assign(new Error(`${path} is no regular file`), { code: "EINVAL" });
    const octets = Buffer.alloc(MOST_OCTETS);
    const text = octets.toString("latin1", 0, readSync(fd, octets, 0, MOST_OCTETS, 0));
    return { text, inode: status.ino, mtimeMs: Number(status.mtimeMs) };
  } finally {
    closeSync(fd);
  }
};

const MOST_OCTETS = 1024;
