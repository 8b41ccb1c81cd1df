// What an import has done, or would do, for people and for programs.

import type { CommandError } from "../exit-code.js";
import { printable } from "../message-rows.js";
import { type Column, renderTable } from "../table.js";
import type { Terminal } from "../terminal.js";
import type { UserMaildrop } from "../user-maildrops.js";
import type { Difference, Fate, Judgement } from "./judge.js";

export interface Outcome extends UserMaildrop {
  /** `nothing`: the earlier server has left nothing here that would be worth a file. */
  readonly result: "imported" | "importable" | "unchanged" | "nothing" | "failed";
  /** Why it failed. */
  readonly problem: CommandError | undefined;
  readonly warnings: readonly string[];
  /** undefined: there was nothing to judge. Without the entries, which a spool has millions of. */
  readonly judgement: Omit<Judgement, "entries"> | undefined;
  /** The file of the earlier server that is not there. */
  readonly lookedFor?: string;
}

export const report = (outcomes: readonly Outcome[], asJson: boolean, terminal: Terminal): void => {
  if (asJson) {
    terminal.out(`${JSON.stringify({ maildrops: outcomes.map(asFields) }, undefined, 2)}\n`);
    return;
  }
  if (outcomes.length > 0) terminal.out(renderTable(COLUMNS, outcomes.map(cellsOf), terminal));
  for (const { problem, warnings } of outcomes) {
    for (const warning of warnings) terminal.err(`postigo: warning: ${warning}\n`);
    if (problem) terminal.err(`postigo: ${problem.message}\n`);
  }
  tellNothing(outcomes, terminal);
  for (const { user, judgement } of outcomes) tellDifferences(user, judgement, terminal);
};

const asFields = ({ user, path, result, problem, warnings, judgement, lookedFor }: Outcome): object => ({
  ...{ user, maildrop: path, result, ...judgement?.counts },
  ...(judgement && { differences: judgement.differences.map(asPrintable) }),
  ...(lookedFor !== undefined && { lookedFor }),
  ...(warnings.length > 0 && { warnings }),
  ...(problem && { problem: problem.message }),
});

/** Names and unique-ids are octets that others chose. */
const asPrintable = (difference: Difference): Difference => ({
  ...difference,
  name: printable(difference.name),
  uniqueId: printable(difference.uniqueId),
});

const cellsOf = ({ user, result, judgement }: Outcome): readonly string[] => [
  user,
  ...COUNTED.map((fate) => (judgement === undefined ? "" : `${judgement.counts[fate]}`)),
  result,
];

const tellNothing = (outcomes: readonly Outcome[], terminal: Terminal): void => {
  const without = outcomes.flatMap(({ user, lookedFor }) => (lookedFor === undefined ? [] : [{ user, lookedFor }]));
  for (const { user, lookedFor } of without.slice(0, MOST_TOLD)) {
    terminal.err(`postigo: ${user}: the earlier server has left nothing: there is no ${printable(lookedFor)}\n`);
  }
  if (without.length > MOST_TOLD) terminal.err(`postigo: … and ${without.length - MOST_TOLD} more; see --json\n`);
};

/** The first few: --json has them all. What is lost is mail that is gone, and nobody fetches that. */
const tellDifferences = (user: string, judgement: Outcome["judgement"], terminal: Terminal): void => {
  const worth = judgement?.differences.filter(({ fate }) => fate !== "lost") ?? [];
  for (const { name, fate, why } of worth.slice(0, MOST_TOLD)) {
    terminal.err(`postigo: ${user}: "${printable(name)}" is ${fate}: ${why}\n`);
  }
  if (worth.length > MOST_TOLD) terminal.err(`postigo: ${user}: … and ${worth.length - MOST_TOLD} more; see --json\n`);
};

const COUNTED: readonly (Fate | "new")[] = ["same", "changed", "lost", "duplicated", "illegal", "ambiguous", "new"];
const COLUMNS: readonly Column[] = [
  { head: "User", align: "left" },
  ...COUNTED.map((fate) => ({ head: `${fate.charAt(0).toUpperCase()}${fate.slice(1)}`, align: "right" as const })),
  { head: "Result", align: "left" },
];
const MOST_TOLD = 10;
