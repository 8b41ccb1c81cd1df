// Who we are, in terms that another process can check: machine, boot, pid namespace, process and its start.

import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

export interface HostFacts {
  readonly host: string;
  /** The machine's id (machine-id(5)); empty where there is none. */
  readonly machine: string;
  /** Random for each boot of a kernel; empty where /proc does not tell. */
  readonly bootId: string;
  /** Process ids mean something only within it: two containers on one machine both have a process 1. */
  readonly pidNamespace: string;
  readonly pid: number;
  /** Clock ticks since boot at which the process started; 0 where /proc does not tell. */
  readonly pidStart: number;
}

/** What is known of a process id in our own pid namespace. */
export type ProcessState = { readonly type: "gone" } | { readonly type: "alive"; readonly start: number | undefined };

export function readHostFacts(): HostFacts {
  const self = processState(process.pid);
  return {
    host: hostname(),
    machine: firstLine("/etc/machine-id"),
    bootId: firstLine("/proc/sys/kernel/random/boot_id"),
    pidNamespace: pidNamespace(),
    pid: process.pid,
    pidStart: (self.type === "alive" && self.start) || 0,
  };
}

/** A zombie is gone: it holds nothing any more, it only waits for its parent. */
export function processState(pid: number): ProcessState {
  if (!hasProcess(pid)) return { type: "gone" };
  const stat = firstLine(`/proc/${pid}/stat`);
  if (stat === "") return { type: "alive", start: undefined };
  // proc(5): field 2 is the command in parentheses and may hold anything, so counting starts behind the last ")".
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const state = fields[STATE_FIELD - 3];
  if (state === "Z" || state === "X") return { type: "gone" };
  const start = fields[START_TIME_FIELD - 3];
  return { type: "alive", start: start !== undefined && /^\d{1,15}$/.test(start) ? Number(start) : undefined };
}

/** Asked of the kernel, not of /proc, which may hide the processes of other users (`hidepid`). */
function hasProcess(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

function firstLine(path: string): string {
  try {
    return readFileSync(path, "latin1").split("\n", 1)[0] ?? "";
  } catch {
    return ""; // what is not told is not known: no proof will be drawn from it
  }
}

function pidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return ""; // as above
  }
}

const STATE_FIELD = 3;
const START_TIME_FIELD = 22;
