// The command line: words → command → exit code. Nothing leaves as a stack trace.

import { readFileSync } from "node:fs";
import yargs, { type Argv } from "yargs";
import { nearest } from "../config/suggestion.js";
import { COMMANDS, type Command } from "./commands.js";
import { CommandError, EXIT } from "./exit-code.js";
import { type Parsed, refuseStrangers } from "./options.js";
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
    terminal.err(harmless(error.message).replace(/^/gm, "postigo: ").concat("\n"));
    return error.code;
  }
};

const run = async (words: readonly string[], terminal: Terminal): Promise<number> => {
  const { command, parsed, text } = await interpret(words);
  if (text !== "") {
    terminal.out(`${text}\n`);
    return EXIT.ok;
  }
  if (command === undefined) throw new CommandError(EXIT.usage, noCommand(parsed._[0]));
  refuseStrangers(parsed, command);
  return await awake(() => command.run(parsed, terminal));
};

/** Our timers keep no process, and without anything that does Node ends it in the middle of a wait, with 0. */
const awake = async <T>(work: () => Promise<T>): Promise<T> => {
  const alive = setInterval(() => undefined, LONG_MS);
  try {
    return await work();
  } finally {
    clearInterval(alive);
  }
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

/** A word that was typed, or a name in a file, must not steer the terminal. Lines are ours. */
const harmless = (message: string): string => message.replace(/[^\P{C}\n]/gu, "?");

const LONG_MS = 60_000;
