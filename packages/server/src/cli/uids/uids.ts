// `postigo uids`: unique-ids that users' clients know from an earlier server.

import { CommandError, EXIT } from "../exit-code.js";
import { type Parsed, textOf } from "../options.js";
import type { Terminal } from "../terminal.js";

export const uids = async (parsed: Parsed, terminal: Terminal): Promise<number> => {
  const action = textOf(parsed, "action");
  switch (action) {
    case "import":
    case "preview":
      return (await import("./import.js")).importUids(parsed, terminal, action);
    case "verify":
      return (await import("./verify.js")).verifyUids(parsed, terminal);
    default:
      throw new CommandError(
        EXIT.usage,
        `uids knows import, preview and verify, not "${action ?? ""}"; see postigo uids --help`,
      );
  }
};
