// Programs of others, run to their end with a deadline.

import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";

export interface Finished {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Numeric user and group to run as; needs root. */
  readonly user?: number;
  readonly deadlineMs?: number;
}

/** Runs a program; never through a shell. The deadline ends it with SIGKILL and fails the test. */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const identity = options.user === undefined ? {} : { uid: options.user, gid: options.user };
  const child = spawn(program, args, { env: { ...process.env, ...options.env }, ...identity });
  const timer = setTimeout(() => child.kill("SIGKILL"), options.deadlineMs ?? 60_000);
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  try {
    return await finished(child);
  } finally {
    clearTimeout(timer);
  }
}

function finished(child: ChildProcessWithoutNullStreams): Promise<Finished> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) =>
      resolve({ status, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString("latin1") }),
    );
  });
}

/**
 * Options for a test that needs a program: skipped with the name of the Debian package where it is missing,
 * and failing there when CI=true, so that a forgotten package cannot pass for a success.
 */
export function needs(program: string, debianPackage = program): { skip?: string } {
  return needsSuccess(
    ["sh", "-c", 'command -v "$0"', program],
    `${program} is missing: apt-get install ${debianPackage}`,
  );
}

/** The same for what a command must be able to do. */
export function needsSuccess([program = "", ...args]: readonly string[], otherwise: string): { skip?: string } {
  const succeeds = spawnSync(program, args, { stdio: "ignore" }).status === 0;
  return succeeds || process.env["CI"] === "true" ? {} : { skip: otherwise };
}

/** Options for a test that can only run as root, as Postfix must. */
export function needsRoot(program: string, debianPackage = program): { skip?: string } {
  if (process.getuid?.() !== 0) return { skip: "needs root" };
  return needs(program, debianPackage);
}
