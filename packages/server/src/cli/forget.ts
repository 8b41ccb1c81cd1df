// `postigo forget`: takes out of maildrops what Postigo keeps there. Mail is not touched, nor any file of another program.

import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";
import { eachMaildrop } from "./each-maildrop.js";
import { type CommandError, EXIT, type ExitCode } from "./exit-code.js";
import { type ForgetOptions, type ForgottenFile, forgetMaildrop } from "./forget-maildrop.js";
import type { Parsed } from "./options.js";
import { type Column, renderTable } from "./table.js";
import type { Terminal } from "./terminal.js";
import { openUserMaildrops, problemOf, type UserMaildrop, type UserMaildrops, userOrAll } from "./user-maildrops.js";

interface Forgotten extends UserMaildrop {
  readonly files: readonly ForgottenFile[];
  /** Why nothing was looked at: the maildrop is in use, or cannot be reached. */
  readonly problem: CommandError | undefined;
}

export const forget = async (parsed: Parsed, terminal: Terminal): Promise<number> => {
  const user = userOrAll(parsed);
  const maildrops = await openUserMaildrops(parsed);
  try {
    const options = { uids: parsed["uids"] === true };
    const wanted = (user === undefined ? maildrops.chosen(user) : [maildrops.named(user)]).flatMap(withFolders);
    const forgotten = await eachMaildrop(wanted, terminal, (maildrop) => forgetOne(maildrops, maildrop, options));
    report(forgotten, parsed["json"] === true, terminal);
    return exitCodeOf(forgotten);
  } finally {
    maildrops.close();
  }
};

/** A maildrop, and those of its Maildir++ folders that hold something of ours, whether folders are served now or not. */
const withFolders = (maildrop: UserMaildrop): readonly UserMaildrop[] => {
  const { user, path, folderOf } = maildrop;
  if (folderOf !== undefined) return [maildrop];
  const folders = entriesIn(path).filter((entry) => entry.isDirectory() && FOLDER.test(entry.name));
  const named = folders.map(({ name }) => ({ user: `${user}/${name}`, path: join(path, name), folderOf: path }));
  return [
    maildrop,
    ...named.filter((folder) => entriesIn(folder.path).some(({ name }) => name.startsWith("postigo."))),
  ];
};

/** None where nothing can be listed: the maildrop itself will say so. */
const entriesIn = (path: string): readonly Dirent[] => {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
};

const forgetOne = async (
  maildrops: UserMaildrops,
  maildrop: UserMaildrop,
  options: ForgetOptions,
): Promise<Forgotten> => {
  try {
    return { ...maildrop, files: await forgetMaildrop(maildrops, maildrop, options), problem: undefined };
  } catch (error) {
    return { ...maildrop, files: [], problem: problemOf(error, maildrop) };
  }
};

const report = (forgotten: readonly Forgotten[], asJson: boolean, terminal: Terminal): void => {
  if (asJson) {
    const maildrops = forgotten.map(({ user, path, files, problem }) => ({
      ...{ user, maildrop: path, files },
      ...(problem && { problem: problem.message }),
    }));
    terminal.out(`${JSON.stringify({ maildrops }, undefined, 2)}\n`);
    return;
  }
  const rows = forgotten.flatMap(({ user, files }) =>
    files.map(({ file, octets, result, why }) => [user, file, `${octets}`, result, why]),
  );
  if (rows.length > 0) terminal.out(renderTable(COLUMNS, rows, terminal));
  for (const { problem } of forgotten) if (problem) terminal.err(`postigo: ${problem.message}\n`);
  terminal.err(`${summary(forgotten)}\n`);
};

const summary = (forgotten: readonly Forgotten[]): string => {
  const results = forgotten.flatMap(({ files }) => files.map(({ result }) => result));
  const removed = results.filter((result) => result === "removed").length;
  const maildrops = forgotten.length === 1 ? "1 maildrop" : `${forgotten.length} maildrops`;
  return `${maildrops}: ${removed} of ${results.length} files removed`;
};

/** 0: nothing stands there any more but what was to be kept, and what goes by itself. */
const exitCodeOf = (forgotten: readonly Forgotten[]): ExitCode => {
  const problem = forgotten.find((each) => each.problem !== undefined)?.problem;
  if (problem !== undefined) return problem.code;
  const results = new Set(forgotten.flatMap(({ files }) => files.map(({ result }) => result)));
  if (results.has("failed")) return EXIT.inputOutput;
  return results.has("left") ? EXIT.unavailable : EXIT.ok;
};

const COLUMNS: readonly Column[] = [
  { head: "User", align: "left" },
  { head: "File", align: "left" },
  { head: "Octets", align: "right" },
  { head: "Result", align: "left" },
  { head: "Why", align: "left" },
];

/** As Maildir++ names them: modified UTF-7. */
const FOLDER = /^\.[ -~]+$/;
