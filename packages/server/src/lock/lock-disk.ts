// The file calls of the lock on one storage root: they block while the root is quick, and go through the thread pool while it is not.
// Only what a process does as it exits always blocks.

import * as callbacks from "node:fs";
import { constants, promises, type Stats } from "node:fs";
import { promisify } from "node:util";
import type { Eventually } from "@postigo/storage";
import { errorCode, type LockIo, nodeLockIo } from "./lock-io.js";
import { type FileStamp, type FoundOwner, parseOwner, stampOf } from "./owner-facts.js";

/** Runs `now`, which blocks, or `later`, as the root allows. */
export type Call = <T>(now: () => T, later: () => Promise<T>) => Eventually<T>;

/** An owner file that was created, open. */
export interface CreatedFile {
  readonly file: number;
  readonly stamp: FileStamp;
}

export class LockDisk {
  readonly #io: LockIo;
  readonly #call: Call;

  constructor(io: LockIo = nodeLockIo, call: Call = (now) => now()) {
    this.#io = io;
    this.#call = call;
  }

  /** The same files, by calls that block. */
  get blocking(): LockDisk {
    return new LockDisk(this.#io);
  }

  realpath(path: string): Eventually<string> {
    return this.#call(
      () => this.#io.realpathSync.native(path),
      () => promises.realpath(path),
    );
  }

  link(from: string, to: string): Eventually<void> {
    return this.#call(
      () => this.#io.linkSync(from, to),
      () => promises.link(from, to),
    );
  }

  rename(from: string, to: string): Eventually<void> {
    return this.#call(
      () => this.#io.renameSync(from, to),
      () => promises.rename(from, to),
    );
  }

  unlink(path: string): Eventually<void> {
    return this.#call(
      () => this.#io.unlinkSync(path),
      () => promises.unlink(path),
    );
  }

  async unlinkIfThere(path: string): Promise<void> {
    try {
      await this.unlink(path);
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
    }
  }

  rmdir(path: string): Eventually<void> {
    return this.#call(
      () => this.#io.rmdirSync(path),
      () => promises.rmdir(path),
    );
  }

  names(folder: string): Eventually<readonly string[]> {
    return this.#call(
      () => this.#io.readdirSync(folder),
      () => promises.readdir(folder),
    );
  }

  /** Follows no link. undefined: nothing is there. */
  stamp(path: string): Eventually<FileStamp | undefined> {
    return this.#call(
      () => stampIfThere(this.#io.lstatSync(path, { throwIfNoEntry: false })),
      () => promises.lstat(path).then(stampIfThere, nothingIfMissing),
    );
  }

  /** Follows no link and waits for no FIFO. undefined: nothing is there. */
  readOwner(path: string): Eventually<FoundOwner | undefined> {
    return this.#call(
      () => readOwnerNow(this.#io, path),
      () => readOwnerLater(path),
    );
  }

  /** Creates a file with this content. undefined: something stands there. Leaves nothing behind when it throws. */
  create(path: string, content: Buffer): Eventually<CreatedFile | undefined> {
    return this.#call(
      () => createNow(this.#io, path, content),
      () => createLater(path, content),
    );
  }

  setTime(file: number, ms: number): Eventually<void> {
    return this.#call(
      () => this.#io.futimesSync(file, ms / 1000, ms / 1000),
      () => later.futimes(file, ms / 1000, ms / 1000),
    );
  }

  hasNames(file: number): Eventually<boolean> {
    return this.#call(
      () => this.#io.fstatSync(file).nlink > 0,
      () => later.fstat(file).then(({ nlink }) => nlink > 0),
    );
  }

  close(file: number): void {
    void this.#call(
      () => this.#io.closeSync(file),
      () => later.close(file),
    );
  }
}

function stampIfThere(stats: Stats | undefined): FileStamp | undefined {
  return stats && stampOf(stats);
}

function nothingIfMissing(error: unknown): undefined {
  if (errorCode(error) !== "ENOENT") throw error;
}

function readOwnerNow(io: LockIo, path: string): FoundOwner | undefined {
  let file: number;
  try {
    file = io.openSync(path, READ);
  } catch (error) {
    // A link, or one that we may not read.
    if (errorCode(error) === "ENOENT") return undefined;
    return unreadable(stampIfThere(io.lstatSync(path, { throwIfNoEntry: false })));
  }
  try {
    const stats = io.fstatSync(file);
    const octets = stats.isFile() ? readUpTo(io, file) : undefined;
    return foundOwner(stats, octets?.toString("utf8"));
  } finally {
    io.closeSync(file);
  }
}

async function readOwnerLater(path: string): Promise<FoundOwner | undefined> {
  let file: promises.FileHandle;
  try {
    file = await promises.open(path, READ);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    return unreadable(await promises.lstat(path).then(stampIfThere, nothingIfMissing));
  }
  try {
    const stats = await file.stat();
    if (!stats.isFile()) return foundOwner(stats, undefined);
    const octets = Buffer.alloc(MAX_OCTETS + 1);
    const { bytesRead } = await file.read(octets, 0, octets.length, 0);
    return foundOwner(stats, bytesRead > MAX_OCTETS ? undefined : octets.toString("utf8", 0, bytesRead));
  } finally {
    await file.close();
  }
}

const unreadable = (stamp: FileStamp | undefined): FoundOwner | undefined =>
  stamp && { owner: undefined, stamp, isFile: false, isDirectory: false };

const foundOwner = (stats: Stats, text: string | undefined): FoundOwner => ({
  owner: parseOwner(text),
  stamp: stampOf(stats),
  isFile: stats.isFile(),
  isDirectory: stats.isDirectory(),
});

/** undefined: it is too long, or cannot be read. */
function readUpTo(io: LockIo, file: number): Buffer | undefined {
  try {
    const octets = io.readSync(file, SCRATCH, 0, SCRATCH.length, 0);
    return octets > MAX_OCTETS ? undefined : SCRATCH.subarray(0, octets);
  } catch {
    return undefined;
  }
}

function createNow(io: LockIo, path: string, content: Buffer): CreatedFile | undefined {
  let file: number;
  try {
    file = io.openSync(path, CREATE, MODE);
  } catch (error) {
    if (errorCode(error) === "EEXIST") return undefined;
    throw error;
  }
  try {
    if (io.writeSync(file, content) < content.length) throw new ShortWriteError(path);
    return { file, stamp: stampOf(io.fstatSync(file)) };
  } catch (error) {
    io.closeSync(file);
    io.unlinkSync(path);
    throw error;
  }
}

async function createLater(path: string, content: Buffer): Promise<CreatedFile | undefined> {
  let file: number;
  try {
    file = await later.open(path, CREATE, MODE);
  } catch (error) {
    if (errorCode(error) === "EEXIST") return undefined;
    throw error;
  }
  try {
    if ((await later.write(file, content)) < content.length) throw new ShortWriteError(path);
    return { file, stamp: stampOf(await later.fstat(file)) };
  } catch (error) {
    await later.close(file);
    await promises.unlink(path);
    throw error;
  }
}

/** Only a full disk writes a part of so few octets. */
class ShortWriteError extends Error {
  readonly code = "ENOSPC";

  constructor(path: string) {
    super(`short write: ${path}`);
  }
}

/** By descriptors, which a handle of `promises` would close when it is collected. */
const later = {
  open: promisify(callbacks.open),
  write: async (file: number, content: Buffer) => (await promisify(callbacks.write)(file, content)).bytesWritten,
  fstat: (file: number): Promise<Stats> => promisify(callbacks.fstat)(file),
  futimes: promisify(callbacks.futimes),
  close: promisify(callbacks.close),
};
const MAX_OCTETS = 4096;
/** Filled and read within one synchronous step, so one serves all. One octet more than may be, to see what is too long. */
const SCRATCH = Buffer.alloc(MAX_OCTETS + 1);
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const MODE = 0o600;
