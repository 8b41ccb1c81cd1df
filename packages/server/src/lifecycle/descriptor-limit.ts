// Whether the process may open as many files as the configured connections need. Node raises the soft limit to the hard one at start.

import { readFileSync } from "node:fs";

export interface DescriptorShortage {
  readonly limit: number;
  readonly needed: number;
}

/** Open files that `connections` sessions need: a socket each, and a message in every second one. */
const neededDescriptors = (connections: number): number => Math.ceil(connections * 1.5) + OWN_DESCRIPTORS;

/** undefined: it suffices, or the system does not tell its limit. */
export function descriptorShortage(connections: number, limit = readDescriptorLimit()): DescriptorShortage | undefined {
  const needed = neededDescriptors(connections);
  return limit !== undefined && limit < needed ? { limit, needed } : undefined;
}

function readDescriptorLimit(): number | undefined {
  try {
    return parseDescriptorLimit(readFileSync("/proc/self/limits", "latin1"));
  } catch {
    return undefined; // no Linux: nothing to compare with
  }
}

/** The soft limit of the line `Max open files  SOFT  HARD  files` (proc(5)); undefined for `unlimited` and without such a line. */
export function parseDescriptorLimit(text: string): number | undefined {
  const soft = /^Max open files\s+(\d{1,15})\s/m.exec(text)?.[1];
  return soft === undefined ? undefined : Number(soft);
}

/** Listeners, log, watchers, the event loop's own and the files of logins under way. */
const OWN_DESCRIPTORS = 100;
