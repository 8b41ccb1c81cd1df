// FileSystem over node:fs, of one storage root: blocking calls while they are quick, the thread pool otherwise (ADR 0015). Every
// blocking call is timed; there is no closure and no promise on that way.

import * as fs from "node:fs";
import type { Eventually } from "../eventually.js";
import { fileStatusOf } from "./file-status.js";
import type { FileStatus, FileSystem, Listing, ReplaceOptions, StorageRoot } from "./file-system.js";
import { boundedSize, demandWhole, Later } from "./node-later.js";
import { type CallWays, listLater, listNow } from "./node-listing.js";
import { nativePath } from "./octet-path.js";
import { type IoMode, type Monotonic, Pace } from "./pace.js";
import { PoolShares } from "./pool-shares.js";
import { createProcessorWait, type ProcessorWait } from "./processor-wait.js";
import { replaceFile } from "./replace-file.js";
import { RootPool } from "./root-pool.js";
import { TurnBudget } from "./turn-budget.js";

export interface FileSystemOptions {
  /** `auto` blocks while the calls are quick. */
  readonly io: IoMode;
  /** Whether the root lies on a network file system (`isRemote` tells): `auto` then never blocks. */
  readonly remote?: boolean;
  /** Milliseconds, never going back; the default is the process's own. */
  readonly monotonic?: Monotonic;
  /** In the time of `monotonic`; the default is the calling thread's. */
  readonly processorWait?: ProcessorWait;
}

/** For files that all lie on one storage root: what it learns about the speed of the calls holds for that root. */
export function createFileSystem({
  io,
  remote = false,
  monotonic = processClock,
  processorWait = createProcessorWait(),
}: FileSystemOptions): FileSystem {
  const pace = new Pace({ io, remote, monotonic, processorWait });
  const pool = new RootPool({ lane: new PoolShares().lane(), pace, monotonic });
  return new NodeFileSystem({ pace, pool }, new TurnBudget(monotonic));
}

export class NodeFileSystem implements StorageRoot {
  readonly #ways: CallWays;
  readonly #pace: Pace;
  readonly #later: Later;
  readonly #turn: TurnBudget;

  constructor(ways: CallWays, turn: TurnBudget) {
    this.#ways = ways;
    this.#pace = ways.pace;
    this.#later = new Later(ways.pool);
    this.#turn = turn;
  }

  get isSync(): boolean {
    return this.#pace.mayBlock;
  }

  openRead(path: string): Eventually<number> {
    if (!this.#pace.mayBlock) return this.#later.open(nativePath(path), READ_FLAGS);
    const began = this.#pace.begin();
    try {
      return fs.openSync(nativePath(path), READ_FLAGS);
    } finally {
      this.#pace.end(began);
    }
  }

  read(fd: number, target: Uint8Array, position: number | null): Eventually<number> {
    if (!this.#pace.mayBlock) return this.#later.read(fd, target, position);
    const began = this.#pace.begin();
    try {
      return fs.readSync(fd, target, 0, target.length, position);
    } finally {
      this.#pace.end(began);
    }
  }

  readAtOnce(path: string, target: Uint8Array): number {
    const began = this.#pace.begin();
    try {
      const fd = fs.openSync(nativePath(path), READ_FLAGS);
      try {
        return fs.readSync(fd, target, 0, target.length, 0);
      } finally {
        closeNow(fd);
      }
    } finally {
      this.#pace.end(began);
    }
  }

  close(fd: number): void {
    if (!this.#pace.mayBlock) {
      this.#later.close(fd);
      return;
    }
    const began = this.#pace.begin();
    closeNow(fd);
    this.#pace.end(began);
  }

  fstat(fd: number): Eventually<FileStatus> {
    if (!this.#pace.mayBlock) return this.#later.fstat(fd);
    const began = this.#pace.begin();
    try {
      return fileStatusOf(fs.fstatSync(fd, EXACT));
    } finally {
      this.#pace.end(began);
    }
  }

  lstat(path: string): Eventually<FileStatus | undefined> {
    if (!this.#pace.mayBlock) return this.#later.lstat(nativePath(path));
    const began = this.#pace.begin();
    try {
      const stats = fs.lstatSync(nativePath(path), EXACT_OR_NOTHING);
      return stats && fileStatusOf(stats);
    } finally {
      this.#pace.end(began);
    }
  }

  sizeOf(path: string): Eventually<number | undefined> {
    if (!this.#pace.mayBlock) return this.#later.sizeOf(nativePath(path));
    const began = this.#pace.begin();
    try {
      const stats = fs.lstatSync(nativePath(path), OR_NOTHING);
      return stats?.isFile() ? stats.size : undefined;
    } finally {
      this.#pace.end(began);
    }
  }

  stat(path: string): Eventually<FileStatus | undefined> {
    if (!this.#pace.mayBlock) return this.#later.stat(nativePath(path));
    const began = this.#pace.begin();
    try {
      const stats = fs.statSync(nativePath(path), EXACT_OR_NOTHING);
      return stats && fileStatusOf(stats);
    } finally {
      this.#pace.end(began);
    }
  }

  list(path: string): Eventually<Listing> {
    if (!this.#pace.mayBlock) return listLater(path, this.#ways);
    const began = this.#pace.begin();
    try {
      return listNow(path, this.#ways);
    } finally {
      this.#pace.end(began);
    }
  }

  unlink(path: string): Eventually<void> {
    if (!this.#pace.mayBlock) return this.#later.unlink(nativePath(path));
    const began = this.#pace.begin();
    try {
      fs.unlinkSync(nativePath(path));
    } finally {
      this.#pace.end(began);
    }
  }

  rename(from: string, to: string): Eventually<void> {
    if (!this.#pace.mayBlock) return this.#later.rename(nativePath(from), nativePath(to));
    const began = this.#pace.begin();
    try {
      fs.renameSync(nativePath(from), nativePath(to));
    } finally {
      this.#pace.end(began);
    }
  }

  mkdir(path: string): Eventually<void> {
    if (!this.#pace.mayBlock) return this.#later.mkdir(nativePath(path), FOLDER_MODE);
    const began = this.#pace.begin();
    try {
      fs.mkdirSync(nativePath(path), FOLDER_MODE);
    } finally {
      this.#pace.end(began);
    }
  }

  rmdir(path: string): Eventually<void> {
    if (!this.#pace.mayBlock) return this.#later.rmdir(nativePath(path));
    const began = this.#pace.begin();
    try {
      fs.rmdirSync(nativePath(path));
    } finally {
      this.#pace.end(began);
    }
  }

  readFile(path: string, limit: number): Eventually<Uint8Array> {
    if (!this.#pace.mayBlock) return this.#later.readFile(nativePath(path), READ_FLAGS, limit);
    const began = this.#pace.begin();
    try {
      return readFileNow(path, limit);
    } finally {
      this.#pace.end(began);
    }
  }

  append(path: string, octets: Uint8Array): Eventually<void> {
    if (!this.#pace.mayBlock) return this.#later.append(nativePath(path), APPEND_FLAGS, octets);
    const began = this.#pace.begin();
    try {
      appendNow(path, octets);
    } finally {
      this.#pace.end(began);
    }
  }

  replaceFile(path: string, octets: Uint8Array, options: ReplaceOptions): Promise<void> {
    return replaceFile(this.#later, { path, octets, ...options });
  }

  call<T>(now: () => T, later: () => Promise<T>): Eventually<T> {
    if (!this.#pace.mayBlock) return this.#ways.pool.runUnjudged(later);
    const began = this.#pace.begin();
    try {
      return now();
    } finally {
      this.#pace.end(began);
    }
  }

  yieldIfDue(): Promise<void> | undefined {
    return this.#turn.yieldIfDue();
  }
}

function closeNow(fd: number): void {
  try {
    fs.closeSync(fd);
  } catch {
    // Nothing was written through it, so nothing can be lost.
  }
}

function readFileNow(path: string, limit: number): Uint8Array {
  const fd = fs.openSync(nativePath(path), READ_FLAGS);
  try {
    const octets = new Uint8Array(boundedSize(fileStatusOf(fs.fstatSync(fd, EXACT)), nativePath(path), limit));
    let filled = 0;
    for (let got = -1; got !== 0 && filled < octets.length; filled += got) {
      got = fs.readSync(fd, octets, filled, octets.length - filled, null);
    }
    return octets.subarray(0, filled);
  } finally {
    fs.closeSync(fd);
  }
}

function appendNow(path: string, octets: Uint8Array): void {
  const fd = fs.openSync(nativePath(path), APPEND_FLAGS);
  try {
    demandWhole(fs.writeSync(fd, octets), octets, nativePath(path));
  } finally {
    fs.closeSync(fd);
  }
}

export const processClock: Monotonic = () => performance.now();
const EXACT = { bigint: true } as const;
const OR_NOTHING = { throwIfNoEntry: false } as const;
const EXACT_OR_NOTHING = { bigint: true, throwIfNoEntry: false } as const;
// libuv opens everything close-on-exec. Without O_NONBLOCK a FIFO would hold the process until somebody writes to it.
const READ_FLAGS = fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK;
const APPEND_FLAGS = fs.constants.O_WRONLY | fs.constants.O_APPEND | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK;
const FOLDER_MODE = 0o700;
