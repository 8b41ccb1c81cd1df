// Faults of the disk by strace: the n-th call of a kind fails with an errno, or is where the process is killed. Calls are counted
// in each thread by itself; with one thread in the pool (ONE_THREAD) a run that is repeated makes the same calls in the same order.

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

export interface FaultedRun extends Injection {
  readonly command: readonly string[];
  /** A file whose temporary names count too: this, the id of a process, `.tmp`. */
  readonly replaced: string;
}

/** Runs a command with a fault from its start; `isMet`: it came. */
export async function runUnderFault(
  t: TestContext,
  { command, fault, paths, replaced }: FaultedRun,
): Promise<Finished & { readonly isMet: boolean }> {
  const trace = traceOf(t);
  const isKill = fault.effect.startsWith("signal");
  // strace 6.1 with --seccomp-bpf lets the main thread go on after a kill.
  const options = ["-f", "-qq", ...(isKill ? [] : ["--seccomp-bpf"]), "-o", trace];
  const words = [...options, ...paths.flatMap((path) => ["-P", path]), ...injecting(fault), ...command];
  const finished = await run("sh", ["-c", WITH_TEMPORARY_NAMES, replaced, ...words], { env: ONE_THREAD });
  const isMet = isKill ? finished.status === null : countInjected(readFileSync(trace, "latin1")) > 0;
  return { ...finished, isMet };
}

/** strace becomes this shell's process; that of the command is one of the next. */
const WITH_TEMPORARY_NAMES = `
i=1
while [ $i -le 64 ]; do set -- -P "$0.$(($$ + i)).tmp" "$@"; i=$((i + 1)); done
exec strace "$@"`;

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
