// The earlier server that --from names.

import { CommandError, EXIT } from "../exit-code.js";
import { type Parsed, textOf } from "../options.js";
import { dovecotServer, type Purpose } from "./dovecot-server.js";
import { courierServer, qmailServer } from "./file-servers.js";
import type { OpenFormerServer } from "./former.js";
import { transcriptServer } from "./transcript-server.js";

export const formerServerOf = (parsed: Parsed, purpose: Purpose): OpenFormerServer => {
  const from = textOf(parsed, "from");
  switch (from) {
    case "dovecot":
      return dovecotServer(parsed, purpose);
    case "courier":
      return courierServer;
    case "qmail":
      return qmailServer;
    case "transcript":
      return transcriptServer(parsed);
    default:
      throw new CommandError(EXIT.usage, `--from ${from ?? "is missing"}: one of dovecot, courier, qmail, transcript`);
  }
};
