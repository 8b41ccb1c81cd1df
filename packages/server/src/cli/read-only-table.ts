// The messages of a maildrop as a session would number them, looked at without a lock and without a trace.

import { statSync } from "node:fs";
import {
  createFileSystem,
  type MaildirStore,
  type MessageTable,
  type StorageError,
  singleRoot,
} from "@postigo/storage";
import { CommandError, EXIT, errorCode, exitCodeOfFile } from "./exit-code.js";
import { noSuchFolder, type UserMaildrop } from "./maildrop-name.js";
import { readOnly } from "./read-only-file-system.js";
import { createUserStore } from "./user-store.js";

/**
 * Throws CommandError if it cannot be opened. `tell` hears a line for what a session would only log: an entry of postigo.uids that
 * is damaged.
 */
export const readOnlyTable = async (
  { path, folderOf }: Pick<UserMaildrop, "path" | "folderOf">,
  tell: (line: string) => void = () => undefined,
): Promise<MessageTable> => {
  const options = folderOf === undefined ? { anchor: path } : { folderOf };
  const outcome = await storeTelling(tell).open(path, options);
  if (outcome.type === "opened") return outcome.maildrop.messages;
  throw unavailable(path, outcome.error);
};

const storeTelling = (tell: (line: string) => void): MaildirStore =>
  createUserStore({ roots: singleRoot(readOnly(createFileSystem({ io: "sync" }))) }, ({ path, cause }) =>
    tell(`${path}: ${reasonOf(cause)}\n`),
  );

const unavailable = (path: string, { code, cause, path: file }: StorageError): CommandError => {
  if (code === "UIDS_UNREADABLE") {
    const remedy =
      "import the unique-ids again, or put back the file of a backup; without it clients fetch all mail again";
    return new CommandError(exitCodeOfFile(cause), `${file} cannot be used: ${reasonOf(cause)}; ${remedy}`);
  }
  if (code === "UNREADABLE" || code === "READ_FAILED") {
    return new CommandError(exitCodeOfFile(cause), `${path} cannot be read (${errorCode(cause) ?? code})`);
  }
  if (code === "NO_SUCH_FOLDER") return noSuchFolder(path);
  const what = isDirectory(path) ? "is no Maildir: new/ or cur/ is missing in it" : "does not exist";
  return new CommandError(EXIT.missingInput, `${path} ${what}; it is made with the first mail`);
};

const reasonOf = (cause: unknown): string =>
  errorCode(cause) ?? (cause instanceof Error ? cause.message : String(cause));

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
