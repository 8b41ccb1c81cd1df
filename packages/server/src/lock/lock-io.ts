// The few file calls of the lock, synchronous: on cached directories they cost a tenth of their asynchronous forms.

import fs, { constants } from "node:fs";

export type LockIo = Pick<
  typeof fs,
  | "closeSync"
  | "fstatSync"
  | "linkSync"
  | "lstatSync"
  | "openSync"
  | "readSync"
  | "realpathSync"
  | "renameSync"
  | "rmdirSync"
  | "statSync"
  | "unlinkSync"
  | "utimesSync"
  | "writeSync"
>;

/** Read from the module at each call, so that what else patches `fs` in this process is in force here too. */
export const nodeLockIo: LockIo = fs;

/** The `code` of a system error; undefined for anything else. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Makes the mark of a lock, which one process only can: an empty file. Throws EEXIST if it stands. */
export function makeMark(io: LockIo, path: string): void {
  io.closeSync(io.openSync(path, EXCLUSIVE, 0o600));
}

/** Removes it; also the directory that proper-lockfile makes where nobody gives it another form. */
export function removeMark(io: LockIo, path: string): void {
  try {
    io.unlinkSync(path);
  } catch (error) {
    const code = errorCode(error);
    if (code !== "EISDIR" && code !== "EPERM") throw error;
    io.rmdirSync(path);
  }
}

const EXCLUSIVE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
