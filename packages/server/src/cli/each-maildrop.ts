// A command that works on many maildrops, one after the other, and shows how far it has come.

import { systemClock } from "../clock.js";
import type { UserMaildrop } from "./maildrop-name.js";
import { Progress } from "./progress.js";
import type { Terminal } from "./terminal.js";

/** `work` makes a result of what fails in one maildrop, so that it does not keep the others. */
export const eachMaildrop = async <T>(
  wanted: readonly UserMaildrop[],
  terminal: Terminal,
  work: (maildrop: UserMaildrop) => Promise<T>,
): Promise<readonly T[]> => {
  const progress = new Progress(terminal, systemClock, { total: wanted.length, what: "maildrops" });
  const results: T[] = [];
  for (const maildrop of wanted) {
    results.push(await work(maildrop));
    progress.step();
  }
  progress.end();
  return results;
};
