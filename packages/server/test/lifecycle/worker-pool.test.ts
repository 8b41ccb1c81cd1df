// Real workers, which do no work, under a real first process.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { RETIRE_MS, STOP_MS } from "#server/lifecycle/patience";
import { until } from "../support/until.js";

const POOL = fileURLToPath(new URL("../support/pool-of-two.js", import.meta.url));

interface Told {
  readonly event: string;
  readonly pid: number;
  readonly waitedMs: number;
  readonly order: string;
  readonly error: string;
}

function poolOfTwo(t: TestContext, kind: "hanging" | "late" | "deaf" | "outlived") {
  const pool = spawn(process.execPath, [POOL, kind], { stdio: ["ignore", "pipe", "inherit"] });
  const told: Told[] = [];
  createInterface(pool.stdout).on("line", (line) => told.push(JSON.parse(line)));
  const of = (name: string): Told[] => told.filter(({ event }) => event === name);
  t.after(() => {
    for (const { pid } of [...of("worker"), ...of("outlives")]) if (isThere(pid)) process.kill(pid, "SIGKILL");
    pool.kill("SIGKILL");
  });
  return { pool, of };
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("a worker that hangs when it retires is ended by the first process after its time, and the new ones stay", async (t) => {
  const { pool, of } = poolOfTwo(t, "hanging");
  await until(() => of("worker").length === 2);
  const old = of("worker").map(({ pid }) => pid);
  await until(() => of("ready").length === 1);
  pool.kill("SIGUSR2");
  await until(() => of("worker-hangs").length === 2);
  assert.deepEqual(new Set(of("worker-hangs").map(({ pid }) => pid)), new Set(old));
  assert.deepEqual(new Set(of("worker-hangs").map(({ waitedMs }) => waitedMs)), new Set([1_000 + RETIRE_MS]));
  await until(() => old.every((pid) => !isThere(pid)));
  const next = of("worker").filter(({ pid }) => !old.includes(pid));
  assert.equal(next.length, 2);
  assert.ok(next.every(({ pid }) => isThere(pid)));
});

test("a worker that hangs at the end of all does not keep the first process, which says so with its status", async (t) => {
  const { pool, of } = poolOfTwo(t, "hanging");
  const ended = once(pool, "close");
  await until(() => of("worker").length === 2);
  pool.kill("SIGTERM");
  assert.deepEqual(await ended, [70, null]);
  assert.deepEqual(
    of("worker-hangs").map(({ waitedMs }) => waitedMs),
    [STOP_MS, STOP_MS],
  );
});

test("a worker has ended when it has exited, also while its channel is still open", async (t) => {
  const { pool, of } = poolOfTwo(t, "outlived");
  await until(() => of("ready").length === 1);
  pool.kill("SIGTERM");
  await until(() => of("over").length === 1);
  for (const { pid } of of("outlives")) process.kill(pid, "SIGKILL");
  assert.deepEqual(await once(pool, "close"), [0, null]);
});

test("a reload before all workers serve is carried out by each when it does, and the manager hears of no readiness before", async (t) => {
  const { pool, of } = poolOfTwo(t, "late");
  await until(() => of("worker").length === 2);
  const [first, second] = of("worker").map(({ pid }) => pid);
  pool.kill("SIGHUP");
  await until(() => of("hung-up").length === 1);
  process.kill(first ?? 0, "SIGCONT");
  await until(() => of("told").length === 1);
  pool.kill("SIGHUP");
  await until(() => of("told").length === 2);
  assert.deepEqual(of("ready"), []);
  process.kill(second ?? 0, "SIGCONT");
  await until(() => of("ready").length === 1);
  await until(() => of("told").length === 3);
  assert.deepEqual(of("reloading"), []);
  assert.deepEqual(of("worker-died"), []);
  pool.kill("SIGTERM");
  assert.deepEqual(await once(pool, "close"), [0, null]);
});

test("what is said to a worker that does not hear yet is kept for it", async (t) => {
  const { pool, of } = poolOfTwo(t, "deaf");
  await until(() => of("worker").length === 2);
  pool.kill("SIGHUP");
  await until(() => of("hung-up").length === 1);
  for (const { pid } of of("worker")) process.kill(pid, "SIGCONT");
  await until(() => of("told").length === 2);
  pool.kill("SIGTERM");
  assert.deepEqual(await once(pool, "close"), [0, null]);
});

test("a worker does as its first process says, and nothing of what all processes of a service are told", async (t) => {
  const { pool, of } = poolOfTwo(t, "late");
  await until(() => of("worker").length === 2);
  const workers = of("worker").map(({ pid }) => pid);
  for (const pid of workers) process.kill(pid, "SIGCONT");
  await until(() => of("ready").length === 1);
  for (const signal of ["SIGUSR2", "SIGHUP", "SIGINT", "SIGTERM"] as const) {
    for (const pid of workers) process.kill(pid, signal);
  }
  pool.kill("SIGTERM");
  assert.deepEqual(await once(pool, "close"), [0, null]);
  assert.deepEqual(
    of("told")
      .map(({ pid, order }) => [pid, order])
      .sort(),
    workers.map((pid) => [pid, "SIGTERM"]).sort(),
  );
});

test("new workers that do not serve in time are ended, the old ones stay, and a later hand-over is possible", async (t) => {
  const { pool, of } = poolOfTwo(t, "late");
  await until(() => of("worker").length === 2);
  const old = of("worker").map(({ pid }) => pid);
  for (const pid of old) process.kill(pid, "SIGCONT");
  await until(() => of("ready").length === 1);
  pool.kill("SIGUSR2");
  await until(() => of("hand-over-started").length === 1);
  pool.kill("SIGUSR2");
  await until(() => of("hand-over-failed").length === 2);
  assert.deepEqual(
    of("hand-over-failed").map(({ error }) => error),
    ["another one is under way; wait for handed-over", "the new workers do not serve after 180 s"],
  );
  const fresh = () => of("worker").filter(({ pid }) => !old.includes(pid));
  await until(() => fresh().length === 2 && fresh().every(({ pid }) => !isThere(pid)));
  assert.ok(old.every((pid) => isThere(pid)));
  pool.kill("SIGUSR2");
  await until(() => of("hand-over-started").length === 2);
  pool.kill("SIGTERM");
  await once(pool, "close");
});
