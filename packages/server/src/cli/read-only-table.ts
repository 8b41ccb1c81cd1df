// The messages of a maildrop as a session would number them, looked at without a lock and without a trace.

import { statSync } from "node:fs";
import { createWireKernel } from "@postigo/protocol";
import {
  createFileSystem,
  createMaildirStore,
  type MaildirStore,
  type MessageTable,
  type StorageError,
  singleRoot,
} from "@postigo/storage";
import { createOctetRule } from "../maildrop/octet-rule.js";
import { STAGE_MEMORY_OCTETS, Stage } from "../net/stage.js";
import { CommandError, EXIT, errorCode, exitCodeOfFile } from "./exit-code.js";
import { readOnly } from "./read-only-file-system.js";

/** Throws CommandError if it cannot be opened. */
export const readOnlyTable = async (path: string): Promise<MessageTable> => {
  const outcome = await store().open(path, { anchor: path });
  if (outcome.type === "opened") return outcome.maildrop.messages;
  throw unavailable(path, outcome.error);
};

const store = (): MaildirStore => {
  const { kernel, window } = new Stage(createWireKernel(STAGE_MEMORY_OCTETS));
  return createMaildirStore({
    roots: singleRoot(readOnly(createFileSystem({ io: "sync" }))),
    rule: createOctetRule(kernel, window),
  });
};

const unavailable = (path: string, { code, cause }: StorageError): CommandError => {
  if (code === "UNREADABLE" || code === "READ_FAILED") {
    return new CommandError(exitCodeOfFile(cause), `${path} cannot be read (${errorCode(cause) ?? code})`);
  }
  if (code === "UIDS_UNREADABLE") {
    const why = cause instanceof Error ? cause.message : code;
    return new CommandError(EXIT.inputOutput, `${path}/postigo.uids cannot be used: ${why}`);
  }
  const what = isDirectory(path) ? "is no Maildir: new/ or cur/ is missing in it" : "does not exist";
  return new CommandError(EXIT.missingInput, `${path} ${what}; it is made with the first mail`);
};

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
