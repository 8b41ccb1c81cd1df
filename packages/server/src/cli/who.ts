// `postigo who`: the sessions that stand now, over all processes of a server.

import { askControl } from "./ask-control.js";
import { EXIT } from "./exit-code.js";
import type { Parsed } from "./options.js";
import { renderSessions, sessionRows } from "./session-rows.js";
import type { Terminal } from "./terminal.js";

export const who = async (parsed: Parsed, terminal: Terminal): Promise<number> => {
  const { sessions, silent } = await askControl(parsed, { command: "who" });
  const oldestFirst = [...sessions].sort((one, other) => one.since - other.since);
  if (parsed["json"] === true) {
    terminal.out(`${JSON.stringify({ silent, sessions: sessionRows(oldestFirst) }, undefined, 2)}\n`);
    return EXIT.ok;
  }
  terminal.out(renderSessions(oldestFirst, terminal));
  terminal.err(`${sessions.length} ${sessions.length === 1 ? "session" : "sessions"}${silenceOf(silent)}\n`);
  return EXIT.ok;
};

/** What is said when the list may not be whole. */
export const silenceOf = (silent: number): string =>
  silent === 0 ? "" : `; ${silent} of the server's processes did not answer in time, so some may be missing`;
