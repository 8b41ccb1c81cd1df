// `postigo kick`: ends sessions, without UPDATE, and frees their maildrops. 0: they are over; 75: some are not yet, or may not be.

import type { KickReport } from "../gateway/observed.js";
import type { SessionFacts } from "../net/session-facts.js";
import { askControl } from "./ask-control.js";
import { CommandError, EXIT } from "./exit-code.js";
import { type Parsed, textOf } from "./options.js";
import { renderSessions, sessionRows } from "./session-rows.js";
import type { Terminal } from "./terminal.js";

export const kick = async (parsed: Parsed, terminal: Terminal): Promise<number> => {
  const target = textOf(parsed, "target");
  if (target === undefined || target === "") {
    throw new CommandError(EXIT.usage, "whom? Name a USER, or a SESSION that postigo who shows");
  }
  const report = await askControl(parsed, { command: "kick", target });
  // The name of a session is that of one only.
  const silent = report.sessions.some(({ session }) => session === target) ? 0 : report.silent;
  if (report.sessions.length === 0) throw nobody(target, silent);
  const unfinished = report.sessions.filter(({ session }) => report.unfinished.includes(session));
  const ended = report.sessions.filter((session) => !unfinished.includes(session));
  if (parsed["json"] === true) {
    const rows = { silent, ended: sessionRows(ended), unfinished: sessionRows(unfinished) };
    terminal.out(`${JSON.stringify(rows, undefined, 2)}\n`);
  } else {
    terminal.out(renderSessions(report.sessions, terminal));
    terminal.err(inWords(ended, unfinished, silent));
  }
  return unfinished.length === 0 && silent === 0 ? EXIT.ok : EXIT.temporary;
};

const nobody = (target: string, silent: number): CommandError => {
  const what = `no session is called "${target}" or belongs to such a user`;
  if (silent === 0) return new CommandError(EXIT.missingInput, `${what}; see postigo who`);
  return new CommandError(EXIT.temporary, `${what} among those that answered; ${unheard(silent)}`);
};

type Sessions = KickReport["sessions"];

const inWords = (ended: Sessions, unfinished: Sessions, silent: number): string =>
  [
    ...(ended.length > 0 ? [`${ended.length} ended; nothing was removed${exceptUpdates(ended)}`] : []),
    ...unfinished.map((session) => `${session.session} is not over yet: ${reason(session)}; see postigo who`),
    ...(silent > 0 ? [unheard(silent)] : []),
  ]
    .map((line) => `${line}\n`)
    .join("");

const exceptUpdates = (sessions: Sessions): string =>
  sessions.some(({ state }) => state === "UPDATE") ? ", but by those that were in UPDATE, which is finished" : "";

const reason = ({ state }: SessionFacts): string =>
  state === "UPDATE"
    ? "its UPDATE goes on and is finished first"
    : "it removes nothing more, but its maildrop is not free before the disk answers";

const unheard = (silent: number): string =>
  `${silent} of the server's processes did not answer in time, and ended nobody; kick again, or restart the server`;
