// `postigo uids import` and `preview`: what the earlier server has left, judged for each maildrop, and written into postigo.uids.

import { encodeImportedIds, loadImportedIds, octetPath, StorageError, saveImportedIds } from "@postigo/storage";
import { eachMaildrop } from "../each-maildrop.js";
import { CommandError, EXIT, type ExitCode, errorCode, exitCodeOfFile } from "../exit-code.js";
import { printable } from "../message-rows.js";
import type { Parsed } from "../options.js";
import type { Terminal } from "../terminal.js";
import { openUserMaildrops, type UserMaildrop, type UserMaildrops, userOrAll } from "../user-maildrops.js";
import type { Purpose } from "./dovecot-server.js";
import type { FormerServer } from "./former.js";
import { formerServerOf } from "./former-server.js";
import { type Judgement, judge, wouldFetchAgain } from "./judge.js";
import { namesIn } from "./maildrop-names.js";
import { type Outcome, report } from "./report.js";

interface Task {
  readonly maildrops: UserMaildrops;
  readonly server: FormerServer;
  readonly purpose: Purpose;
  readonly replaces: boolean;
}

export const importUids = async (parsed: Parsed, terminal: Terminal, purpose: Purpose): Promise<number> => {
  const user = userOrAll(parsed);
  const openServer = formerServerOf(parsed, purpose);
  const maildrops = await openUserMaildrops(parsed);
  try {
    const server = openServer(maildrops);
    const task = { maildrops, server, purpose, replaces: parsed["replace"] === true };
    const outcomes = await eachMaildrop(maildrops.chosen(user), terminal, (maildrop) => outcomeOf(task, maildrop));
    report(outcomes, parsed["json"] === true, terminal);
    if (isNothing(outcomes)) terminal.err(`postigo: ${outcomes.length === 0 ? NO_MAILDROP : NOTHING_FOUND}\n`);
    return exitCodeOf(outcomes);
  } finally {
    maildrops.close();
  }
};

const outcomeOf = async (task: Task, maildrop: UserMaildrop): Promise<Outcome> => {
  try {
    if (task.purpose === "preview") return await work(task, maildrop);
    return await task.maildrops.underLock(maildrop, () => work(task, maildrop));
  } catch (error) {
    return { ...maildrop, result: "failed", problem: asProblem(error, maildrop), warnings: [], judgement: undefined };
  }
};

const work = async (task: Task, maildrop: UserMaildrop): Promise<Outcome> => {
  const former = await task.server.read(maildrop);
  if ("lookedFor" in former) {
    const { lookedFor } = former;
    return { ...maildrop, result: "nothing", problem: undefined, warnings: [], judgement: undefined, lookedFor };
  }
  const root = octetPath(maildrop.path);
  const before = await loadImportedIds(await task.maildrops.roots.of(root), root);
  const names = await namesIn(task.maildrops, maildrop);
  const present = new Set(names.map(({ uniqueName }) => uniqueName));
  const { entries, ...judgement } = judge({ former, present, imported: task.replaces ? [] : (before?.entries ?? []) });
  const isSame = before?.problems.length === 0 && isEqual(before.entries, entries);
  const damaged = (before?.problems ?? []).map(
    ({ line, what }) => `${maildrop.path}/postigo.uids:${line}: ${printable(what)}`,
  );
  const about = { ...maildrop, problem: undefined, warnings: [...former.warnings, ...damaged], judgement };
  if (isSame) return { ...about, result: "unchanged" };
  if (before === undefined && entries.length === 0) return { ...about, result: "nothing" };
  if (task.purpose === "preview") return { ...about, result: "importable" };
  await saveImportedIds(await task.maildrops.roots.of(root), root, entries);
  return { ...about, result: "imported" };
};

const isEqual = (a: Judgement["entries"], b: Judgement["entries"]): boolean =>
  Buffer.compare(encodeImportedIds(a), encodeImportedIds(b)) === 0;

const asProblem = (error: unknown, { path }: UserMaildrop): CommandError => {
  if (error instanceof CommandError) return error;
  const cause = error instanceof StorageError ? error.cause : error;
  const place = error instanceof StorageError ? error.path : path;
  if (errorCode(cause) !== undefined) {
    return new CommandError(exitCodeOfFile(cause), `${place} cannot be used (${errorCode(cause)})`);
  }
  if (!(error instanceof StorageError) || !(cause instanceof Error)) throw error;
  return new CommandError(EXIT.inputOutput, `${place} cannot be used: ${cause.message}`);
};

/** A wrong --from, or place: some maildrops have no list as a rule, but not all of them. */
const isNothing = (outcomes: readonly Outcome[]): boolean =>
  outcomes.every(({ judgement, problem }) => judgement === undefined && problem === undefined);

/** 0: no client fetches anything again. */
const exitCodeOf = (outcomes: readonly Outcome[]): ExitCode => {
  const failed = outcomes.find(({ problem }) => problem !== undefined)?.problem;
  if (failed !== undefined) return failed.code;
  if (isNothing(outcomes)) return EXIT.missingInput;
  return outcomes.some(({ judgement }) => judgement && wouldFetchAgain(judgement)) ? EXIT.differs : EXIT.ok;
};

const NO_MAILDROP = "no account has a maildrop that exists; is the spool mounted, and spool.maildir right?";
const NOTHING_FOUND =
  "nothing of the earlier server was found; is --from right, and the place of its lists (--dovecot-control, spool.maildir)?";
