// `postigo inspect`: the messages of a maildrop as a session would number them. Takes no lock, writes nothing.

import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { StoredAccount } from "../auth/account-source.js";
import type { Config } from "../config/config.js";
import { parseMaildirTemplate } from "../maildrop/maildir-path.js";
import { CommandError, EXIT } from "./exit-code.js";
import { findAccount } from "./find-account.js";
import { findConfig } from "./find-config.js";
import { messageRows, renderRows } from "./message-rows.js";
import { type Parsed, textOf } from "./options.js";
import { readOnlyTable } from "./read-only-table.js";
import type { Terminal } from "./terminal.js";

export const inspect = async (parsed: Parsed, terminal: Terminal): Promise<number> => {
  const target = textOf(parsed, "target");
  if (target === undefined) throw new CommandError(EXIT.usage, "whose maildrop? Name a USER, or the path of a MAILDIR");
  const path = isPath(target) ? resolve(target) : await pathOfUser(target, parsed);
  const rows = messageRows(await readOnlyTable(path, (line) => terminal.err(line)));
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
