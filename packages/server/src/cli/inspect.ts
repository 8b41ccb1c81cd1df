// `postigo inspect`: the messages of a maildrop as a session would number them. Takes no lock, writes nothing.

import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { createWireKernel } from "@postigo/protocol";
import {
  createFileSystem,
  createMaildirStore,
  type MaildirStore,
  type MessageTable,
  type StorageError,
  singleRoot,
} from "@postigo/storage";
import type { StoredAccount } from "../auth/account-source.js";
import type { Config } from "../config/config.js";
import { parseMaildirTemplate } from "../maildrop/maildir-path.js";
import { createOctetRule } from "../maildrop/octet-rule.js";
import { STAGE_MEMORY_OCTETS, Stage } from "../net/stage.js";
import { CommandError, EXIT, errorCode, exitCodeOfFile } from "./exit-code.js";
import { findAccount } from "./find-account.js";
import { findConfig } from "./find-config.js";
import { messageRows, renderRows } from "./message-rows.js";
import { type Parsed, textOf } from "./options.js";
import { readOnly } from "./read-only-file-system.js";
import type { Terminal } from "./terminal.js";

export const inspect = async (parsed: Parsed, terminal: Terminal): Promise<number> => {
  const target = textOf(parsed, "target");
  if (target === undefined) throw new CommandError(EXIT.usage, "whose maildrop? Name a USER, or the path of a MAILDIR");
  const path = isPath(target) ? resolve(target) : await pathOfUser(target, parsed);
  const rows = messageRows(await tableOf(path, terminal));
  const octets = rows.reduce((sum, row) => sum + row.octets, 0);
  if (parsed["json"] === true) {
    terminal.out(`${JSON.stringify({ maildrop: path, octets, messages: rows }, undefined, 2)}\n`);
    return EXIT.ok;
  }
  terminal.out(renderRows(rows, terminal));
  terminal.err(`${path}: ${rows.length} ${rows.length === 1 ? "message" : "messages"}, ${octets} octets\n`);
  return EXIT.ok;
};

/** A path has a slash in it, or leads to a Maildir from here; everything else is the name of a user. */
const isPath = (target: string): boolean =>
  target.includes("/") || ["cur", "new"].some((folder) => isDirectory(join(target, folder)));

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

const pathOfUser = async (user: string, parsed: Parsed): Promise<string> => {
  const { config } = findConfig({ file: textOf(parsed, "config"), flags: {}, env: process.env });
  const account = await findAccount(user, config);
  if (account !== undefined) return maildirOf(account, config);
  throw new CommandError(EXIT.missingInput, `no account is called "${user}"; for a directory, write ./${user}`);
};

const maildirOf = ({ name, maildir }: StoredAccount, { spool }: Config): string => {
  const template = parseMaildirTemplate(spool.maildir);
  const path = maildir ?? (template.type === "template" ? template.path(name) : undefined);
  if (path !== undefined) return path;
  throw new CommandError(EXIT.configuration, `"${name}" lacks a part that spool.maildir asks for: ${spool.maildir}`);
};

const tableOf = async (path: string, terminal: Terminal): Promise<MessageTable> => {
  const outcome = await storeTelling(terminal).open(path, { anchor: path });
  if (outcome.type === "opened") return outcome.maildrop.messages;
  throw unavailable(path, outcome.error);
};

/** What a session would only log is said beside the table: an entry of postigo.uids that is damaged. */
const storeTelling = (terminal: Terminal): MaildirStore => {
  const { kernel, window } = new Stage(createWireKernel(STAGE_MEMORY_OCTETS));
  return createMaildirStore({
    roots: singleRoot(readOnly(createFileSystem({ io: "sync" }))),
    rule: createOctetRule(kernel, window),
    onTrouble: ({ path, cause }) => terminal.err(`${path}: ${reasonOf(cause)}\n`),
  });
};

const unavailable = (path: string, { code, cause, path: file }: StorageError): CommandError => {
  if (code === "UIDS_UNREADABLE") {
    const remedy =
      "import the unique-ids again, or put back the file of a backup; without it clients fetch all mail again";
    return new CommandError(exitCodeOfFile(cause), `${file} cannot be used: ${reasonOf(cause)}; ${remedy}`);
  }
  if (code === "UNREADABLE" || code === "READ_FAILED") {
    return new CommandError(exitCodeOfFile(cause), `${path} cannot be read (${errorCode(cause) ?? code})`);
  }
  const what = isDirectory(path) ? "is no Maildir: new/ or cur/ is missing in it" : "does not exist";
  return new CommandError(EXIT.missingInput, `${path} ${what}; it is made with the first mail`);
};

const reasonOf = (cause: unknown): string =>
  errorCode(cause) ?? (cause instanceof Error ? cause.message : String(cause));
