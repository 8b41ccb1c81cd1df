// The earlier server that --from names.

import { CommandError, EXIT } from "../exit-code.js";
import { type Parsed, textOf } from "../options.js";
import type { UserMaildrops } from "../user-maildrops.js";
import { dovecotServer, type Purpose } from "./dovecot-server.js";
import { courierServer, qmailServer } from "./file-servers.js";
import type { FormerServer } from "./former.js";
import { transcriptServer } from "./transcript-server.js";

export const formerServerOf = (parsed: Parsed, maildrops: UserMaildrops, purpose: Purpose): FormerServer => {
  const from = textOf(parsed, "from");
  switch (from) {
    case "dovecot":
      return dovecotServer(parsed, maildrops, purpose);
    case "courier":
      return courierServer(maildrops);
    case "qmail":
      return qmailServer(maildrops);
    case "transcript":
      return transcriptServer(parsed, maildrops);
    default:
      throw new CommandError(EXIT.usage, `--from ${from ?? "is missing"}: one of dovecot, courier, qmail, transcript`);
  }
};
