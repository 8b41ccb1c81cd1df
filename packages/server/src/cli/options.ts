// The options of the command line: those of the commands themselves, and one for each key of the configuration.

import type { Argv, Options } from "yargs";
import { CONFIG_KEYS } from "../config/keys.js";
import type { Flags } from "../config/overlay.js";
import { nearest } from "../config/suggestion.js";
import { CommandError, EXIT } from "./exit-code.js";

/** What yargs has made of the words. */
export type Parsed = Readonly<Record<string, unknown>> & { readonly _: readonly (string | number)[] };

export const CONFIG_OPTION: Options = {
  alias: "c",
  type: "string",
  requiresArg: true,
  describe: "configuration file (default /etc/postigo/postigo.yaml)",
};

/** Those a first try needs, before those that stand in for the file. */
export const withConfigOptions = (yargs: Argv): Argv => {
  const named = yargs.option("config", CONFIG_OPTION);
  return CONFIG_KEYS.reduce(
    (options, { flag, kind, help }) =>
      options.option(flag, {
        type: "string",
        describe: help,
        group: QUICK.has(flag) ? "To try it without a file:" : "Instead of a key of the file:",
        requiresArg: kind !== "yes-no",
      }),
    named,
  );
};

/** The texts of the configuration flags that were given. */
export const flagsOf = (parsed: Parsed): Flags => {
  const given = CONFIG_KEYS.map(({ flag }) => [flag, textsOf(parsed, flag)] as const);
  return Object.fromEntries(given.filter(([, texts]) => texts.length > 0));
};

/** The one text of an option; undefined when it was not given. */
export const textOf = (parsed: Parsed, name: string): string | undefined => {
  const [text, another] = textsOf(parsed, name);
  if (another !== undefined) throw new CommandError(EXIT.usage, `--${name} stands there twice; keep one of the two`);
  return text;
};

/** Refuses options that the command does not have, and words that it does not expect. */
export const refuseStrangers = (parsed: Parsed, command: CommandShape): void => {
  for (const name of Object.keys(parsed)) {
    if (name === "_" || name === "$0" || ALWAYS.has(name) || command.options.includes(name)) continue;
    throw new CommandError(EXIT.usage, unknownOption(name, command));
  }
  const [, extra] = parsed._;
  if (extra === undefined) return;
  throw new CommandError(
    EXIT.usage,
    `${command.name} does not know what to do with "${extra}"; see postigo ${command.name} --help`,
  );
};

export interface CommandShape {
  readonly name: string;
  /** Names of its options and positional words. */
  readonly options: readonly string[];
}

export const CONFIG_FLAGS: readonly string[] = ["config", "c", ...CONFIG_KEYS.map(({ flag }) => flag)];

const textsOf = (parsed: Parsed, name: string): readonly string[] =>
  [parsed[name]].flat().filter((text) => typeof text === "string");

const unknownOption = (name: string, { name: command, options }: CommandShape): string => {
  const dashes = name.length === 1 ? "-" : "--";
  const near = nearest(name, options) ?? CONFIG_KEYS.find(({ key }) => key.endsWith(`.${name}`))?.flag;
  const remedy =
    near === undefined || !options.includes(near) ? `see postigo ${command} --help` : `did you mean --${near}?`;
  return `${command} has no option ${dashes}${name}; ${remedy}`;
};

const QUICK: ReadonlySet<string> = new Set(["listen", "maildir", "user", "certificate", "key", "plaintext"]);
const ALWAYS: ReadonlySet<string> = new Set(["help", "h", "version"]);
