// Slows system calls of the gateway down, so that a fault or a signal can be placed among them without luck.

import { readFileSync } from "node:fs";
import { needsSuccess } from "./real-client.js";

const STRACE = ["strace", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null"];

/** Options for a test that slows calls down; a container may have strace and not the right to trace. */
export const needsStrace = (): { skip?: string } =>
  needsSuccess([...STRACE, "true"], "strace is missing or may not trace here: apt-get install strace");

/** The command to put before node: each of `calls` waits `delayMs` at its entry. Other calls run at full speed. */
export function slowedBy(delayMs: number, ...calls: readonly string[]): readonly string[] {
  const list = calls.join(",");
  const trace = ["-e", `trace=${list}`, "-e", `inject=${list}:delay_enter=${delayMs * 1000}`];
  return [...STRACE, ...trace];
}

/** The process that strace runs: its only child. */
export function tracedChildOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim().split(" ")[0]);
}

/**
 * The command to put before node: `kill -9` comes in the place of the `when`-th call of one of these kinds that any one thread makes.
 * strace counts each kind by itself.
 */
export function killedAt(when: number, ...calls: readonly string[]): readonly string[] {
  const list = calls.join(",");
  // With --seccomp-bpf strace 6.1 lets the main thread go on.
  const command = STRACE.filter((word) => word !== "--seccomp-bpf");
  return [...command, "-e", `trace=${list}`, "-e", `inject=${list}:signal=KILL:when=${when}`];
}
