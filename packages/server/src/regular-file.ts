// Reads a file that an operator has named, whole and at once. What stands in its place must not hold the server: a FIFO would, until somebody
// writes to it, and a device has no end.

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

/** Neither a file nor a directory, or a file of a size that none of its kind has. */
export class UnusableFileError extends Error {
  readonly code: "not-a-file" | "too-large";

  constructor(code: UnusableFileError["code"], message: string) {
    super(message);
    this.name = "UnusableFileError";
    this.code = code;
  }
}

/** Throws UnusableFileError, or what the system says (`EISDIR`, `ENOENT` …). Links are followed. `most`: octets. */
export function readRegularFile(path: string, most: number): Buffer {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return filled(fd, Buffer.alloc(usableSize(fd, path, most)));
  } finally {
    closeSync(fd);
  }
}

/** A directory passes: reading it says EISDIR, which people know. */
function usableSize(fd: number, path: string, most: number): number {
  const stats = fstatSync(fd);
  if (stats.isDirectory()) return 1;
  if (!stats.isFile()) throw new UnusableFileError("not-a-file", `${path} is not a regular file`);
  if (stats.size > most) throw new UnusableFileError("too-large", `${path} is over ${most} octets`);
  return stats.size;
}

function filled(fd: number, octets: Buffer): Buffer {
  let length = 0;
  for (let got = -1; got !== 0 && length < octets.length; length += got) {
    got = readSync(fd, octets, length, octets.length - length, null);
  }
  return octets.subarray(0, length);
}
