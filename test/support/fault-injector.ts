// Faults of the disk by strace: the n-th call of a kind fails with an errno, or is where the process is killed. Calls are counted
// in each thread by itself; with one thread in the pool (ONE_THREAD) a run that is repeated makes the same calls in the same order.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { cleanUp } from "./clean-up.js";
import { within } from "./eventually.js";
import { type Finished, run } from "./real-client.js";
import { temporaryDirectory } from "./temporary-directory.js";

export const ONE_THREAD = { UV_THREADPOOL_SIZE: "1" };

export interface Fault {
  readonly syscall: string;
  /** `error=EIO`, `signal=KILL`. */
  readonly effect: string;
  /** 1: the first. */
  readonly when: number;
}

/** The file calls of Postigo, each with the errnos that a disk, or the limits of a process, can give for it. */
export const ERRNOS: Readonly<Record<string, readonly string[]>> = {
  openat: ["EIO", "ENOSPC", "EACCES", "EMFILE"],
  write: ["EIO", "ENOSPC"],
  fsync: ["EIO", "ENOSPC"],
  rename: ["EIO", "ENOSPC", "EACCES"],
  link: ["EIO", "ENOSPC", "EACCES"],
  unlink: ["EIO", "EACCES"],
  statx: ["EIO", "EACCES"],
  readlink: ["EIO", "EACCES"],
  newfstatat: ["EIO"],
  getdents64: ["EIO"],
  read: ["EIO"],
  pread64: ["EIO"],
  utimensat: ["EIO"],
};

export interface Injection {
  readonly fault: Fault;
  /** Only calls for exactly these paths count. */
  readonly paths: readonly string[];
}

/** Does `work` while strace has the process; how often the fault came. */
export async function underFault(
  t: TestContext,
  pid: number,
  injection: Injection,
  work: () => Promise<void>,
): Promise<number> {
  const trace = traceOf(t);
  const strace = await attach(pid, trace, injection);
  try {
    await work();
  } finally {
    await detach(strace);
  }
  return countInjected(readFileSync(trace, "latin1"));
}

async function attach(pid: number, trace: string, { fault, paths }: Injection): Promise<ChildProcess> {
  const args = ["-f", "-o", trace, ...paths.flatMap((path) => ["-P", path]), ...injecting(fault), "-p", `${pid}`];
  const child = spawn("strace", args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  const attached = new Promise<void>((resolve, reject) => {
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString("latin1");
      if (said.includes(" attached")) resolve();
    });
    child.once("exit", () => reject(new Error(`strace ended: ${said}`)));
  });
  await within("strace attaches", attached);
  return child;
}

async function detach(strace: ChildProcess): Promise<void> {
  if (strace.exitCode !== null || strace.signalCode !== null) return;
  strace.kill("SIGINT");
  await within("strace ends", once(strace, "exit"));
}

/** The calls of a command that have to do with a folder, as faults whose effect is still to be said. */
export async function callsWithin(
  t: TestContext,
  folder: string,
  command: readonly string[],
): Promise<readonly Fault[]> {
  const trace = traceOf(t);
  const kinds = Object.keys(ERRNOS).join(",");
  const options = ["-f", "-y", "-qq", "--seccomp-bpf", "-o", trace, "-e", `trace=${kinds}`];
  const { status, stderr } = await run("strace", [...options, ...command], { env: ONE_THREAD });
  assert.equal(status, 0, stderr);
  const counts = new Map<string, number>();
  const found = new Map<string, Fault>();
  for (const line of readFileSync(trace, "latin1").split("\n")) {
    const [, thread, syscall] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    if (thread === undefined || syscall === undefined) continue;
    const when = (counts.get(`${thread} ${syscall}`) ?? 0) + 1;
    counts.set(`${thread} ${syscall}`, when);
    if (line.includes(folder)) found.set(`${syscall} ${when}`, { syscall, when, effect: "" });
  }
  return [...found.values()];
}

export interface FaultedRun {
  readonly folder: string;
  readonly command: readonly string[];
  readonly fault: Fault;
}

/** Runs a command with a fault from its start; `hits`: how often an error met a call that has to do with `folder`. */
export async function runWithFault(
  t: TestContext,
  { folder, command, fault }: FaultedRun,
): Promise<Finished & { readonly hits: number }> {
  const trace = traceOf(t);
  // strace 6.1 with --seccomp-bpf lets the main thread go on after a kill.
  const filter = fault.effect.startsWith("signal") ? [] : ["--seccomp-bpf"];
  const options = ["-f", "-y", "-qq", ...filter, "-o", trace, ...injecting(fault)];
  const finished = await run("strace", [...options, ...command], { env: ONE_THREAD });
  const met = readFileSync(trace, "latin1")
    .split("\n")
    .filter((line) => countInjected(line) > 0);
  return { ...finished, hits: met.filter((line) => line.includes(folder)).length };
}

const injecting = ({ syscall, effect, when }: Fault): readonly string[] => [
  ...["-e", `trace=${syscall}`],
  ...["-e", `inject=${syscall}:${effect}:when=${when}`],
];

const countInjected = (trace: string): number => trace.split("(INJECTED)").length - 1;

const TRACES = new WeakMap<TestContext, string>();

/** One for a test, in a folder of its own: a gateway watches that of its configuration. */
function traceOf(t: TestContext): string {
  const known = TRACES.get(t);
  if (known !== undefined) return known;
  const trace = join(temporaryDirectory(t), "trace");
  TRACES.set(t, trace);
  cleanUp(t, () => void TRACES.delete(t));
  return trace;
}
