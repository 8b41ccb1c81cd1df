// Which configuration is meant, and what it says; ends the command with every problem if it cannot be used.

import { statSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config/config.js";
import { isLoopback } from "../config/cross-checks.js";
import { formatListener } from "../config/listener-text.js";
import { type ConfigInput, type LoadFailure, loadConfig } from "../config/load-config.js";
import type { Environment, Flags } from "../config/overlay.js";
import { type ConfigProblem, formatProblem } from "../config/problem.js";
import { CommandError, EXIT, type ExitCode, errorCode } from "./exit-code.js";

interface Wanted {
  /** What `--config` says. */
  readonly file: string | undefined;
  readonly flags: Flags;
  readonly env: Environment;
}

export interface Found {
  readonly config: Config;
  /** Undefined in quick mode: everything came from flags and variables. */
  readonly file: string | undefined;
  readonly warnings: readonly ConfigProblem[];
  /** Reads all of it again; throws CommandError. */
  readonly again: () => Config;
  /** Where a key stands in what was read last. */
  readonly placeOf: (key: string) => string;
}

/** Every problem of the configuration, one a line. */
export class InvalidConfig extends CommandError {
  readonly problems: readonly ConfigProblem[];

  constructor(code: ExitCode, problems: readonly ConfigProblem[]) {
    super(code, problems.map(formatProblem).join("\n"));
    this.name = "InvalidConfig";
    this.problems = problems;
  }
}

const DEFAULT_FILE = "/etc/postigo/postigo.yaml";

/** Throws CommandError: 78 for what is wrong in it, 66 or 77 for a file that cannot be read. */
export const findConfig = (wanted: Wanted): Found => {
  const file = fileOf(wanted);
  const read = () => (file === undefined ? quickConfig(wanted) : readConfig({ ...wanted, file }));
  let last = read();
  const again = (): Config => {
    last = readAgain(read);
    return last.config;
  };
  return { ...last, file, again, placeOf: (key) => last.placeOf(key) };
};

/** A reload tells what is wrong in one line of the log. */
const readAgain = (read: () => Read): Read => {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(error.code, error.message.replaceAll("\n", " | "));
  }
};

/** A try without a file says both where the mail is and who may fetch it; it must not mix with the file of a real server. */
const fileOf = ({ file, flags, env }: Wanted): string | undefined => {
  const { POSTIGO_CONFIG: named } = env;
  if (file !== undefined || named) return file ?? named;
  const isQuick = "maildir" in flags && ("user" in flags || "accounts" in flags);
  return isQuick || isMissing(DEFAULT_FILE) ? undefined : DEFAULT_FILE;
};

interface Read {
  readonly config: Config;
  readonly warnings: readonly ConfigProblem[];
  readonly placeOf: (key: string) => string;
}

const readConfig = (sources: Parameters<typeof loadConfig>[0]): Read => {
  const loaded = loadConfig(sources);
  if (!loaded.ok) throw new InvalidConfig(EXIT_CODES[loaded.cause], loaded.problems);
  return loaded;
};

/** Everything from flags and variables; no port that needs privileges, passwords in clear on this machine only. */
const quickConfig = ({ flags, env }: Wanted): Read => {
  const isGiven = (flag: string): boolean => flag in flags || Boolean(env[`POSTIGO_${flag.toUpperCase()}`]);
  refuseHalf(isGiven("maildir"), "user" in flags || isGiven("accounts"));
  const hasCertificate = isGiven("certificate");
  const defaults: ConfigInput = {
    listen: [{ address: "127.0.0.1", port: 1110, tls: hasCertificate ? "starttls" : "none" }],
    auth: { plaintext: "loopback" },
  };
  const read = readConfig({ flags, env, defaults });
  refuseOpenListeners(read.config);
  refuseWrongMaildir(read.config);
  return read;
};

const refuseHalf = (hasMaildir: boolean, hasAccounts: boolean): void => {
  if (hasMaildir && hasAccounts) return;
  if (!hasMaildir && !hasAccounts) throw new CommandError(EXIT.missingInput, NOTHING_GIVEN);
  const missing = hasMaildir ? "who may log in? Add --user NAME:PASSWORD" : "where is the mail? Add --maildir DIR";
  throw new CommandError(EXIT.usage, `${missing}, or name a configuration file: --config FILE`);
};

const refuseOpenListeners = ({ listen, auth }: Config): void => {
  if (auth.plaintext === "always") return;
  const open = listen.find(({ address, tls }) => tls === "none" && !isLoopback(address));
  if (open === undefined) return;
  throw new CommandError(
    EXIT.configuration,
    `--listen: ${formatListener(open)} can be reached from elsewhere, and passwords would cross the network readable by all; ` +
      "add --certificate and --key, or --plaintext always if that is what you want",
  );
};

/** A directory without variables has to be the Maildir itself. */
const refuseWrongMaildir = ({ spool }: Config): void => {
  if (spool.maildir.includes("%") || spool.create) return;
  if (!exists(spool.maildir)) {
    throw new CommandError(
      EXIT.missingInput,
      `--maildir: there is no directory ${spool.maildir}; name one, or add --spool.create`,
    );
  }
  if (exists(join(spool.maildir, "cur")) || exists(join(spool.maildir, "new"))) return;
  throw new CommandError(
    EXIT.missingInput,
    `--maildir: ${spool.maildir} is no Maildir: neither cur/ nor new/ is in it; ` +
      `if it holds the Maildirs of several users, write --maildir '${spool.maildir}/%{user}'`,
  );
};

/** One that may not be looked at may be there: reading it says so. */
const isMissing = (path: string): boolean => troubleWith(path) === "ENOENT";

const exists = (path: string): boolean => troubleWith(path) === undefined;

const troubleWith = (path: string): string | undefined => {
  try {
    statSync(path);
    return undefined;
  } catch (error) {
    return errorCode(error) ?? String(error);
  }
};

const EXIT_CODES: Readonly<Record<LoadFailure, ExitCode>> = {
  missing: EXIT.missingInput,
  unreadable: EXIT.noPermission,
  invalid: EXIT.configuration,
};

const NOTHING_GIVEN = `there is no configuration: ${DEFAULT_FILE} does not exist, and none was named.
To use a file:      postigo serve --config FILE
To try without one: postigo serve --maildir DIR --user NAME:PASSWORD
                    serves the Maildir DIR on 127.0.0.1 port 1110`;
