// `postigo check`: is the configuration good, and what is in force?

import { stringify } from "yaml";
import { systemClock } from "../clock.js";
import { formatProblem } from "../config/problem.js";
import type { Discovery } from "./discovery.js";
import { effectiveForm } from "./effective-form.js";
import { examine } from "./examination.js";
import { EXIT, type ExitCode } from "./exit-code.js";
import { type Found, findConfig, InvalidConfig } from "./find-config.js";
import { flagsOf, type Parsed, textOf } from "./options.js";
import type { Terminal } from "./terminal.js";

export const check = async (parsed: Parsed, terminal: Terminal): Promise<number> => {
  const asJson = parsed["json"] === true;
  const found = find(parsed);
  if (found instanceof InvalidConfig) {
    if (!asJson) throw found;
    terminal.out(json({ valid: false, problems: found.problems, warnings: [] }));
    return found.code;
  }
  const discoveries = await examine(found.config, systemClock.now());
  const problems = discoveries.filter(({ severity }) => severity !== "warning").map(asProblem);
  const warnings = [...found.warnings, ...discoveries.filter(({ severity }) => severity === "warning").map(asProblem)];
  if (asJson)
    terminal.out(
      json({ valid: problems.length === 0, problems, warnings, configuration: effectiveForm(found.config) }),
    );
  else report(terminal, found, { problems, warnings });
  return exitCodeOf(discoveries);
};

const find = (parsed: Parsed): Found | InvalidConfig => {
  try {
    return findConfig({ file: textOf(parsed, "config"), flags: flagsOf(parsed), env: process.env });
  } catch (error) {
    if (error instanceof InvalidConfig) return error;
    throw error;
  }
};

type Problem = Found["warnings"][number];

const report = (
  terminal: Terminal,
  { config, file }: Found,
  { problems, warnings }: { readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] },
): void => {
  for (const problem of problems) terminal.err(`postigo: ${formatProblem(problem)}\n`);
  for (const warning of warnings) terminal.err(`postigo: warning: ${formatProblem(warning)}\n`);
  const verdict = problems.length === 0 ? "good" : "NOT good";
  terminal.out(`# ${file ?? "flags and variables"}: ${verdict}. What is in force, with every default:\n`);
  terminal.out(stringify(effectiveForm(config), { lineWidth: 0 }));
};

const asProblem = ({ where, message }: Discovery): Problem => ({ where, key: "", message });

/** That of the first fault, with which serve would end; else of a defect, which serve would start with. */
const exitCodeOf = (discoveries: readonly Discovery[]): ExitCode =>
  (firstOf("fault", discoveries) ?? firstOf("defect", discoveries))?.code ?? EXIT.ok;

const firstOf = (wanted: Discovery["severity"], discoveries: readonly Discovery[]): Discovery | undefined =>
  discoveries.find(({ severity }) => severity === wanted);

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
