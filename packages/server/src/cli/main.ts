// The command line: words → command → exit code. Nothing leaves as a stack trace.

import { readFileSync } from "node:fs";
import yargs, { type Argv } from "yargs";
import { HASHABLE_SCHEMES } from "../auth/schemes/hash-password.js";
import { nearest } from "../config/suggestion.js";
import { CommandError, EXIT } from "./exit-code.js";
import { CONFIG_FLAGS, CONFIG_OPTION, type Parsed, refuseStrangers, withConfigOptions } from "./options.js";
import { processTerminal, type Terminal } from "./terminal.js";

/** Runs the command that the words ask for; resolves with the exit code of the process (sysexits). */
export const main = async (words: readonly string[], terminal: Terminal = processTerminal()): Promise<number> => {
  try {
    return await run(words, terminal);
  } catch (error) {
    if (!(error instanceof CommandError)) {
      terminal.err(`postigo: internal fault: ${error instanceof Error ? error.message : String(error)}\n`);
      return EXIT.internal;
    }
    terminal.err(error.message.replace(/^/gm, "postigo: ").concat("\n"));
    return error.code;
  }
};

interface Command {
  readonly name: string;
  /** With its positional words, as yargs reads them. */
  readonly form: string;
  readonly about: string;
  readonly options: readonly string[];
  readonly build: (yargs: Argv) => Argv;
  /** Loads what the command needs, and no more: a typing error is answered before the server's parts are read from disk. */
  readonly run: (parsed: Parsed, terminal: Terminal) => Promise<number>;
}

const COMMANDS: readonly Command[] = [
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
        .option("json", { type: "boolean", describe: "print JSON" })
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
        .option("scheme", {
          alias: "s",
          type: "string",
          requiresArg: true,
          describe: `one of ${HASHABLE_SCHEMES.join(", ")}`,
        })
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
        .positional("target", { type: "string", describe: "USER of the configuration, or path of a MAILDIR" })
        .option("config", CONFIG_OPTION)
        .option("json", { type: "boolean", describe: "print JSON" })
        .example("$0 inspect ana@example.org", "the maildrop that this user would get")
        .example("$0 inspect ~/Maildir --json", "any Maildir; nothing is locked or changed"),
    run: async (parsed, terminal) => (await import("./inspect.js")).inspect(parsed, terminal),
  },
];

const run = async (words: readonly string[], terminal: Terminal): Promise<number> => {
  const { command, parsed, text } = await interpret(words);
  if (text !== "") {
    terminal.out(`${text}\n`);
    return EXIT.ok;
  }
  if (command === undefined) throw new CommandError(EXIT.usage, noCommand(parsed._[0]));
  refuseStrangers(parsed, command);
  return command.run(parsed, terminal);
};

interface Interpretation {
  readonly command: Command | undefined;
  readonly parsed: Parsed;
  /** What `--help` or `--version` asks to be printed. */
  readonly text: string;
}

const interpret = async (words: readonly string[]): Promise<Interpretation> => {
  const seen: { command?: Command; failure?: string; text: string } = { text: "" };
  const parser = COMMANDS.reduce(
    (options, command) =>
      options.command(command.form, command.about, command.build, () => {
        seen.command = command;
      }),
    commandLine(),
  );
  const parsed = await parser.parseAsync([...words], {}, (error, _parsed, text) => {
    if (error) seen.failure = error.message;
    else seen.text = text;
  });
  if (seen.failure !== undefined) throw new CommandError(EXIT.usage, `${seen.failure}; see postigo --help`);
  return { command: seen.command, parsed, text: seen.text };
};

/** Texts stay texts, dots are part of a name, and each option takes the word behind it and no more. */
const commandLine = (): Argv =>
  yargs()
    .scriptName("postigo")
    .locale("en")
    .usage("$0 COMMAND\n\nA POP3 server for the Maildirs you already have.")
    .parserConfiguration({
      "dot-notation": false,
      "camel-case-expansion": false,
      "boolean-negation": false,
      "parse-numbers": false,
      "parse-positional-numbers": false,
      "greedy-arrays": false,
    })
    .alias("help", "h")
    .version(version())
    .wrap(100)
    .exitProcess(false);

const version = (): string => {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const { version: number }: { version?: unknown } = JSON.parse(text);
  return `postigo ${String(number)}`;
};

const noCommand = (word: string | number | undefined): string => {
  const names = COMMANDS.map(({ name }) => name);
  if (word === undefined) return `no command was given; there are ${names.join(", ")}. See postigo --help`;
  const near = nearest(String(word), names);
  const remedy = near === undefined ? `there are ${names.join(", ")}` : `did you mean "postigo ${near}"?`;
  return `there is no command "${word}"; ${remedy}`;
};

const EPILOGUE = `Each option can also be given as an environment variable: --timeouts.autologout as
POSTIGO_TIMEOUTS_AUTOLOGOUT. Options go before variables, variables before the file.`;
