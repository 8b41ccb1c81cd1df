// `postigo kick`: ends sessions, without UPDATE, and frees their maildrops.

import { askControl } from "./ask-control.js";
import { CommandError, EXIT } from "./exit-code.js";
import { type Parsed, textOf } from "./options.js";
import { renderSessions, sessionRows } from "./session-rows.js";
import type { Terminal } from "./terminal.js";
import { silenceOf } from "./who.js";

export const kick = async (parsed: Parsed, terminal: Terminal): Promise<number> => {
  const target = textOf(parsed, "target");
  if (target === undefined || target === "") {
    throw new CommandError(EXIT.usage, "whom? Name a USER, or a SESSION that postigo who shows");
  }
  const { sessions, silent } = await askControl(parsed, { command: "kick", target });
  if (sessions.length === 0) {
    throw new CommandError(
      EXIT.missingInput,
      `no session is called "${target}" or belongs to such a user${silenceOf(silent)}; see postigo who`,
    );
  }
  if (parsed["json"] === true) {
    terminal.out(`${JSON.stringify({ silent, ended: sessionRows(sessions) }, undefined, 2)}\n`);
    return EXIT.ok;
  }
  terminal.out(renderSessions(sessions, terminal));
  terminal.err(`${sessions.length} ended; nothing was removed${exceptUpdates(sessions)}${silenceOf(silent)}\n`);
  return EXIT.ok;
};

const exceptUpdates = (sessions: readonly { readonly state: string }[]): string =>
  sessions.some(({ state }) => state === "UPDATE") ? ", but by those that were in UPDATE, which is finished" : "";
