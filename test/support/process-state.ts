// Whether a process of somebody else still runs.

import { readFileSync } from "node:fs";

/** A zombie, whose parent has not asked for its status yet, has ended. */
export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.charAt(stat.lastIndexOf(")") + 2) !== "Z";
  } catch {
    return false;
  }
}
