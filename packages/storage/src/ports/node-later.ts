// The calls that leave the event loop free: callbacks of node:fs as promises, run by the thread pool within the root's share of it.

import * as fs from "node:fs";
import { promisify } from "node:util";
import { errnoError, errnoOf } from "./errno.js";
import { fileStatusOf } from "./file-status.js";
import type { FileStatus } from "./file-system.js";
import type { RootPool } from "./root-pool.js";

type Path = string | Buffer;

export class Later {
  readonly #pool: RootPool;

  constructor(pool: RootPool) {
    this.#pool = pool;
  }

  open(path: Path, flags: number, mode?: number): Promise<number> {
    return this.#pool.run(() => open(path, flags, mode));
  }

  unlink(path: Path): Promise<void> {
    return this.#pool.run(() => unlink(path));
  }

  rename(from: Path, to: Path): Promise<void> {
    return this.#pool.run(() => rename(from, to));
  }

  mkdir(path: Path, mode: number): Promise<void> {
    return this.#pool.run(() => mkdir(path, mode));
  }

  rmdir(path: Path): Promise<void> {
    return this.#pool.run(() => rmdir(path));
  }

  /** It waits for the disk itself, on quick ones too. */
  fsync(fd: number): Promise<void> {
    return this.#pool.runUnjudged(() => fsync(fd));
  }

  async fstat(fd: number): Promise<FileStatus> {
    return fileStatusOf(await this.#pool.runUnjudged(() => bigFstat(fd, { bigint: true })));
  }

  lstat(path: Path): Promise<FileStatus | undefined> {
    return statusOrNothing(this.#pool.runUnjudged(() => bigLstat(path, { bigint: true })));
  }

  stat(path: Path): Promise<FileStatus | undefined> {
    return statusOrNothing(this.#pool.runUnjudged(() => bigStat(path, { bigint: true })));
  }

  async sizeOf(path: Path): Promise<number | undefined> {
    const status = await this.lstat(path);
    return status?.kind === "file" ? status.size : undefined;
  }

  read(fd: number, target: Uint8Array, position: number | null): Promise<number> {
    return this.#pool.run(() => read(fd, target, position));
  }

  write(fd: number, octets: Uint8Array): Promise<number> {
    return this.#pool.run(() => write(fd, octets));
  }

  close(fd: number): void {
    void this.#pool.runUnjudged(() => close(fd));
  }

  /** As FileSystem.readFile. */
  async readFile(path: Path, flags: number, limit: number): Promise<Uint8Array> {
    const fd = await this.open(path, flags);
    try {
      const octets = new Uint8Array(boundedSize(await this.fstat(fd), path, limit));
      let filled = 0;
      for (let got = -1; got !== 0 && filled < octets.length; filled += got) {
        got = await this.read(fd, octets.subarray(filled), null);
      }
      return octets.subarray(0, filled);
    } finally {
      this.close(fd);
    }
  }

  /** As FileSystem.append. */
  async append(path: Path, flags: number, octets: Uint8Array): Promise<void> {
    const fd = await this.open(path, flags);
    try {
      demandWhole(await this.write(fd, octets), octets, path);
    } finally {
      this.close(fd);
    }
  }
}

export function boundedSize({ kind, size }: FileStatus, path: Path, limit: number): number {
  if (kind !== "file") throw errnoError("EINVAL", "read", path.toString("latin1"));
  if (size > limit) throw errnoError("EFBIG", "read", path.toString("latin1"));
  return size;
}

export function demandWhole(written: number, octets: Uint8Array, path: Path): void {
  if (written !== octets.length) throw errnoError("EIO", "write", path.toString("latin1"));
}

async function statusOrNothing(stats: Promise<fs.BigIntStats>): Promise<FileStatus | undefined> {
  try {
    return fileStatusOf(await stats);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

const open: (path: Path, flags: number, mode?: number) => Promise<number> = promisify(fs.open);
const unlink: (path: Path) => Promise<void> = promisify(fs.unlink);
const rename: (from: Path, to: Path) => Promise<void> = promisify(fs.rename);
const rmdir: (path: Path) => Promise<void> = promisify(fs.rmdir);
const mkdir: (path: Path, mode: number) => Promise<void> = promisify(fs.mkdir);
const fsync: (fd: number) => Promise<void> = promisify(fs.fsync);
const bigFstat = promisify(fs.fstat);
const bigLstat = promisify(fs.lstat);
const bigStat = promisify(fs.stat);

function read(fd: number, target: Uint8Array, position: number | null): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, target, 0, target.length, position, (error, octets) => (error ? reject(error) : resolve(octets)));
  });
}

function write(fd: number, octets: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.write(fd, octets, 0, octets.length, null, (error, written) => (error ? reject(error) : resolve(written)));
  });
}

function close(fd: number): Promise<void> {
  return new Promise((resolve) => fs.close(fd, () => resolve()));
}
