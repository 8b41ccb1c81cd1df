// The table of the commands: words, options, help. What a command does stands in a file of its own, loaded when it is run.

import type { Argv } from "yargs";
import { HASHABLE_SCHEMES } from "../auth/schemes/hash-password.js";
import { CONFIG_FLAGS, CONFIG_OPTION, type Parsed, withConfigOptions } from "./options.js";
import type { Terminal } from "./terminal.js";

export interface Command {
  readonly name: string;
  /** With its positional words, as yargs reads them. */
  readonly form: string;
  readonly about: string;
  readonly options: readonly string[];
  readonly build: (yargs: Argv) => Argv;
  /** Loads what the command needs, and no more: a typing error is answered before the server's parts are read from disk. */
  readonly run: (parsed: Parsed, terminal: Terminal) => Promise<number>;
}

/** What several commands have. */
const WORD = { type: "string", requiresArg: true } as const;
const USER = { type: "string", describe: "USER of the configuration" } as const;
/** For commands that work on a folder too. */
const MAILDROP = { type: "string", describe: "USER of the configuration; USER+Folder where folders are on" } as const;
const ALL = { type: "boolean", describe: "the maildrops of all accounts" } as const;
const JSON_OPTION = { type: "boolean", describe: "print JSON" } as const;

const CONTROL_OPTIONS: readonly string[] = ["config", "c", "socket", "json"];

const withControlOptions = (yargs: Argv): Argv =>
  yargs
    .option("config", CONFIG_OPTION)
    .option("socket", { ...WORD, describe: "control socket of the server, instead of that of the configuration" })
    .option("json", JSON_OPTION);

const UIDS_FLAGS = [
  ...["all", "from", "uidl-format", "dovecot-control", "dovecot-run", "stopped", "lock", "transcript", "replace"],
  ...["server", "tls", "login"],
];

export const COMMANDS: readonly Command[] = [
  {
    name: "serve",
    form: "serve",
    about: "Serve Maildirs over POP3 until told to stop",
    options: CONFIG_FLAGS,
    build: (options) =>
      withConfigOptions(options)
        .example("$0 serve", "use /etc/postigo/postigo.yaml")
        .example("$0 serve --maildir ~/Maildir --user me:secret", "one Maildir on 127.0.0.1 port 1110")
        .example("$0 serve --maildir '/srv/mail/%{user}' --user a:x --user b:y", "several users, one Maildir each")
        .epilogue(EPILOGUE),
    run: async (parsed) => (await import("./serve.js")).serve(parsed),
  },
  {
    name: "check",
    form: "check",
    about: "Check the configuration and print what is in force",
    options: [...CONFIG_FLAGS, "json"],
    build: (options) =>
      withConfigOptions(options)
        .option("json", JSON_OPTION)
        .example("$0 check --config postigo.yaml", "exit code 0: it can be served"),
    run: async (parsed, terminal) => (await import("./check.js")).check(parsed, terminal),
  },
  {
    name: "hash",
    form: "hash",
    about: "Make the password hash of a line in the users file",
    options: ["scheme", "s"],
    build: (options) =>
      options
        .option("scheme", { ...WORD, alias: "s", describe: `one of ${HASHABLE_SCHEMES.join(", ")}` })
        .example("$0 hash", "asks for the password twice, prints {ARGON2ID}…")
        .example("printf %s secret | $0 hash -s SHA512-CRYPT", "reads it from standard input"),
    run: async (parsed, terminal) => (await import("./hash.js")).hash(parsed, terminal),
  },
  {
    name: "inspect",
    form: "inspect [target]",
    about: "Show the messages of a maildrop as a POP3 client sees them",
    options: ["config", "c", "json", "target"],
    build: (options) =>
      options
        .positional("target", {
          type: "string",
          describe: "USER or USER+Folder of the configuration, or path of a MAILDIR",
        })
        .option("config", CONFIG_OPTION)
        .option("json", JSON_OPTION)
        .example("$0 inspect ana@example.org", "the maildrop that this user would get")
        .example("$0 inspect ~/Maildir --json", "any Maildir; nothing is locked or changed"),
    run: async (parsed, terminal) => (await import("./inspect.js")).inspect(parsed, terminal),
  },
  {
    name: "forget",
    form: "forget [user]",
    about: "Remove what Postigo keeps in a maildrop; mail is not touched",
    options: ["config", "c", "json", "all", "uids", "user"],
    build: (options) =>
      options
        .positional("user", MAILDROP)
        .option("config", CONFIG_OPTION)
        .option("all", ALL)
        .option("uids", { type: "boolean", describe: "imported unique-ids too: clients will fetch that mail again" })
        .option("json", JSON_OPTION)
        .example("$0 forget ana@example.org", "the index and leftover lock files")
        .example("$0 forget --all --uids", "leave every maildrop as if Postigo had never been there"),
    run: async (parsed, terminal) => (await import("./forget.js")).forget(parsed, terminal),
  },
  {
    name: "who",
    form: "who",
    about: "Show the sessions of the server that runs",
    options: CONTROL_OPTIONS,
    build: (options) =>
      withControlOptions(options)
        .example("$0 who", "asks through control.socket of the configuration")
        .example("$0 who --json", "the same for a program"),
    run: async (parsed, terminal) => (await import("./who.js")).who(parsed, terminal),
  },
  {
    name: "kick",
    form: "kick [target]",
    about: "End the sessions of a user, or one session; nothing is removed by it",
    options: [...CONTROL_OPTIONS, "target"],
    build: (options) =>
      withControlOptions(options)
        .positional("target", { type: "string", describe: "USER, or a SESSION that who shows" })
        .example("$0 kick ana@example.org", "every session of this user"),
    run: async (parsed, terminal) => (await import("./kick.js")).kick(parsed, terminal),
  },
  {
    name: "accept-change",
    form: "accept-change [user]",
    about: "Let logins pass that found another directory in the place of a maildrop",
    options: ["config", "c", "json", "all", "user"],
    build: (options) =>
      options
        .positional("user", MAILDROP)
        .option("config", CONFIG_OPTION)
        .option("all", { type: "boolean", describe: "all maildrops: the spool was exchanged on purpose" })
        .option("json", JSON_OPTION)
        .example("$0 accept-change ana@example.org", "after maildrop-changed in the log, if the change is meant"),
    run: async (parsed, terminal) => (await import("./accept-change.js")).acceptChange(parsed, terminal),
  },
  {
    name: "undelete",
    form: "undelete [user]",
    about: "Bring deleted messages back from the trash, or from where they are held",
    options: ["config", "c", "json", "since", "message", "dry-run", "user"],
    build: (options) =>
      options
        .positional("user", MAILDROP)
        .option("config", CONFIG_OPTION)
        .option("since", { ...WORD, describe: "those deleted since: 2d, or 2026-11-24T09:30" })
        .option("message", { ...WORD, describe: "the one with this unique-id" })
        .option("dry-run", { type: "boolean", describe: "only show them" })
        .option("json", JSON_OPTION)
        .example("$0 undelete ana@example.org --dry-run", "what there is")
        .example("$0 undelete ana@example.org --since 2h", "what was deleted within the last two hours"),
    run: async (parsed, terminal) => (await import("./undelete.js")).undelete(parsed, terminal),
  },
  {
    name: "expire",
    form: "expire [user]",
    about: "Remove mail older than maildrop.expire, and deleted mail that was held long enough",
    options: ["config", "c", "json", "all", "dry-run", "held-before", "user"],
    build: (options) =>
      options
        .positional("user", USER)
        .option("config", CONFIG_OPTION)
        .option("all", ALL)
        .option("dry-run", { type: "boolean", describe: "only count what would go" })
        .option("held-before", { ...WORD, describe: "only mail put aside before: 30d, or 2026-11-24T09:30" })
        .option("json", JSON_OPTION)
        .example("$0 expire --all --dry-run", "how much would go, and whose")
        .example("$0 expire --all", "once a day, from cron or a timer"),
    run: async (parsed, terminal) => (await import("./expire.js")).expire(parsed, terminal),
  },
  {
    name: "uids",
    form: "uids [action] [user]",
    about: "Keep the unique-ids of an earlier server: import, preview, verify",
    options: ["config", "c", "json", "action", "user", ...UIDS_FLAGS],
    build: (options) =>
      options
        .positional("action", { type: "string", describe: "import, preview or verify" })
        .positional("user", USER)
        .option("config", CONFIG_OPTION)
        .option("all", ALL)
        .option("from", { ...WORD, describe: "dovecot, courier, qmail or transcript" })
        .option("uidl-format", { ...WORD, describe: "pop3_uidl_format of Dovecot, or a preset (default dovecot)" })
        .option("dovecot-control", { ...WORD, describe: "folder of dovecot-uidlist, if not the maildrop" })
        .option("dovecot-run", { ...WORD, describe: "base_dir of Dovecot (default /run/dovecot)" })
        .option("stopped", { type: "boolean", describe: "Dovecot is stopped" })
        .option("lock", { type: "boolean", describe: "Dovecot runs: take its lock" })
        .option("transcript", {
          ...WORD,
          describe: "file with the answers to LIST and UIDL; %{user} stands for the user",
        })
        .option("replace", { type: "boolean", describe: "give up what was imported before" })
        .option("server", { ...WORD, describe: "HOST:PORT of the server that still runs, for verify" })
        .option("tls", { ...WORD, describe: "none, starttls or implicit (default implicit on 995, else starttls)" })
        .option("login", { ...WORD, describe: "name to log in with there (default USER)" })
        .option("json", JSON_OPTION)
        .example("$0 uids preview --all --from dovecot", "what clients would find; nothing is changed")
        .example("$0 uids import --all --from courier", "write postigo.uids into every maildrop")
        .example("$0 uids verify ana@example.org --server old.example.org:995", "asks for the password"),
    run: async (parsed, terminal) => (await import("./uids/uids.js")).uids(parsed, terminal),
  },
];

const EPILOGUE = `Each option can also be given as an environment variable: --timeouts.autologout as
POSTIGO_TIMEOUTS_AUTOLOGOUT. Options go before variables, variables before the file.`;
