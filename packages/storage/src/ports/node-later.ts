// The calls that leave the event loop free: callbacks of node:fs as promises, run by the thread pool.

import * as fs from "node:fs";
import { promisify } from "node:util";
import { errnoError, errnoOf } from "./errno.js";
import { fileStatusOf } from "./file-status.js";
import type { FileStatus } from "./file-system.js";

type Path = string | Buffer;

export const open: (path: Path, flags: number, mode?: number) => Promise<number> = promisify(fs.open);
export const unlink: (path: Path) => Promise<void> = promisify(fs.unlink);
export const rename: (from: Path, to: Path) => Promise<void> = promisify(fs.rename);
export const mkdir: (path: Path, mode: number) => Promise<void> = promisify(fs.mkdir);
export const fsync: (fd: number) => Promise<void> = promisify(fs.fsync);
const bigFstat = promisify(fs.fstat);
const bigLstat = promisify(fs.lstat);
const bigStat = promisify(fs.stat);

export async function fstat(fd: number): Promise<FileStatus> {
  return fileStatusOf(await bigFstat(fd, { bigint: true }));
}

export function lstat(path: Path): Promise<FileStatus | undefined> {
  return statusOrNothing(bigLstat(path, { bigint: true }));
}

export async function sizeOf(path: Path): Promise<number | undefined> {
  const status = await lstat(path);
  return status?.kind === "file" ? status.size : undefined;
}

export function stat(path: Path): Promise<FileStatus | undefined> {
  return statusOrNothing(bigStat(path, { bigint: true }));
}

async function statusOrNothing(stats: Promise<fs.BigIntStats>): Promise<FileStatus | undefined> {
  try {
    return fileStatusOf(await stats);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

export function read(fd: number, target: Uint8Array, position: number | null): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, target, 0, target.length, position, (error, octets) => (error ? reject(error) : resolve(octets)));
  });
}

export function write(fd: number, octets: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.write(fd, octets, 0, octets.length, null, (error, written) => (error ? reject(error) : resolve(written)));
  });
}

export function close(fd: number): void {
  fs.close(fd, () => undefined);
}

/** As FileSystem.readFile. */
export async function readFile(path: Path, flags: number, limit: number): Promise<Uint8Array> {
  const fd = await open(path, flags);
  try {
    const octets = new Uint8Array(boundedSize(await fstat(fd), path, limit));
    let filled = 0;
    for (let got = -1; got !== 0 && filled < octets.length; filled += got) {
      got = await read(fd, octets.subarray(filled), null);
    }
    return octets.subarray(0, filled);
  } finally {
    close(fd);
  }
}

export function boundedSize({ kind, size }: FileStatus, path: Path, limit: number): number {
  if (kind !== "file") throw errnoError("EINVAL", "read", path.toString("latin1"));
  if (size > limit) throw errnoError("EFBIG", "read", path.toString("latin1"));
  return size;
}

/** As FileSystem.append. */
export async function append(path: Path, flags: number, octets: Uint8Array): Promise<void> {
  const fd = await open(path, flags);
  try {
    demandWhole(await write(fd, octets), octets, path);
  } finally {
    close(fd);
  }
}

export function demandWhole(written: number, octets: Uint8Array, path: Path): void {
  if (written !== octets.length) throw errnoError("EIO", "write", path.toString("latin1"));
}
