// `postigo inspect`: the messages of a maildrop as a session would number them. Takes no lock, writes nothing.

import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { CommandError, EXIT } from "./exit-code.js";
import { loadAccounts } from "./find-account.js";
import { findConfig } from "./find-config.js";
import { maildropNamed, type UserMaildrop } from "./maildrop-name.js";
import { messageRows, renderRows } from "./message-rows.js";
import { type Parsed, textOf } from "./options.js";
import { readOnlyTable } from "./read-only-table.js";
import type { Terminal } from "./terminal.js";

export const inspect = async (parsed: Parsed, terminal: Terminal): Promise<number> => {
  const target = textOf(parsed, "target");
  if (target === undefined) throw new CommandError(EXIT.usage, "whose maildrop? Name a USER, or the path of a MAILDIR");
  const maildrop = isPath(target) ? { path: resolve(target) } : await maildropOf(target, parsed);
  const rows = messageRows(await readOnlyTable(maildrop, (line) => terminal.err(line)));
  const { path } = maildrop;
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

const maildropOf = async (name: string, parsed: Parsed): Promise<UserMaildrop> => {
  const { config } = findConfig({ file: textOf(parsed, "config"), flags: {}, env: process.env });
  const accounts = new Map((await loadAccounts(config)).map((account) => [account.name, account]));
  try {
    return maildropNamed(name, config, (user) => accounts.get(user));
  } catch (error) {
    if (!(error instanceof CommandError) || error.code !== EXIT.missingInput) throw error;
    throw new CommandError(error.code, `${error.message}; for a directory, write ./${name}`);
  }
};
