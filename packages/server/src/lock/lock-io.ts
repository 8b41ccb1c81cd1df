// The file calls of the lock that block: on cached directories they cost a tenth of their asynchronous forms.

import fs from "node:fs";

export type LockIo = Pick<
  typeof fs,
  | "closeSync"
  | "fstatSync"
  | "futimesSync"
  | "linkSync"
  | "lstatSync"
  | "openSync"
  | "readdirSync"
  | "readSync"
  | "realpathSync"
  | "renameSync"
  | "rmdirSync"
  | "unlinkSync"
  | "writeSync"
>;

/** Read from the module at each call, so that what else patches `fs` in this process is in force here too. */
export const nodeLockIo: LockIo = fs;

/** The `code` of a system error; undefined for anything else. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
