// The running total of a Maildir++ quota, as any reader of maildirsize adds it up.

import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Of the maildirsize in a maildrop; NaN if a line is none. */
export function usageIn(maildrop: string): { octets: number; messages: number } {
  const lines = readFileSync(join(maildrop, "maildirsize"), "latin1").split("\n").slice(1, -1);
  const sums = lines.map((line) => line.trim().split(/ +/).map(Number));
  const column = (at: number): number => sums.reduce((sum, line) => sum + (line[at] ?? Number.NaN), 0);
  return { octets: column(0), messages: column(1) };
}
