// Dovecot as the earlier server: its dovecot-uidlist, read while nobody writes it.

import { join } from "node:path";
import { type IdFormat, parseIdFormat, readDovecotUidlist } from "@postigo/storage";
import { CommandError, EXIT } from "../exit-code.js";
import { type Parsed, textOf } from "../options.js";
import { underDovecotLock } from "./dovecot-lock.js";
import { expectNoMaster, expectNoWriter } from "./dovecot-stopped.js";
import type { OpenFormerServer } from "./former.js";
import { readFormerFile } from "./former-file.js";
import { placeOption } from "./place-option.js";

export type Purpose = "import" | "preview";

/** Looks for signs of a running Dovecot at once, while we are still who we were started as. */
export const dovecotServer = (parsed: Parsed, purpose: Purpose): OpenFormerServer => {
  const format = formatOf(textOf(parsed, "uidl-format") ?? "dovecot");
  const control = placeOption(parsed, "dovecot-control");
  const guard = guardOf(parsed, purpose);
  return (maildrops) => ({
    read: async (maildrop) => {
      const file = join(control?.(maildrop.user) ?? maildrop.path, "dovecot-uidlist");
      return guard(file, () => readFormerFile(maildrops, file, (octets) => readDovecotUidlist(octets, format)));
    },
  });
};

const formatOf = (text: string): IdFormat => {
  const format = parseIdFormat(text);
  if (typeof format !== "string") return format;
  throw new CommandError(EXIT.usage, `--uidl-format: ${format}. "doveconf pop3_uidl_format" tells it`);
};

type Guard = <T>(file: string, read: () => Promise<T>) => Promise<T>;

// To look on is harmless: what Dovecot writes meanwhile is missed, and nothing is made of it.
const guardOf = (parsed: Parsed, purpose: Purpose): Guard => {
  const isStopped = parsed["stopped"] === true;
  if (isStopped && parsed["lock"] === true) throw new CommandError(EXIT.usage, "either --stopped or --lock, not both");
  if (purpose === "preview") return (_file, read) => read();
  if (parsed["lock"] === true) return underDovecotLock;
  if (!isStopped) throw new CommandError(EXIT.usage, NO_GUESS);
  expectNoMaster(textOf(parsed, "dovecot-run") ?? "/run/dovecot");
  return async (file, read) => {
    expectNoWriter(file);
    return read();
  };
};

const NO_GUESS = `Dovecot must not number messages while they are imported, and whether it runs cannot be guessed.
Stop it (systemctl stop dovecot) and say --stopped, or say --lock to take its dovecot-uidlist.lock for each maildrop`;
