// Real workers that hang, by SIGSTOP, under a real first process whose time runs faster.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { RETIRE_MS, STOP_MS } from "#server/lifecycle/patience";
import { until } from "../support/until.js";

const POOL = fileURLToPath(new URL("../support/hanging-pool.js", import.meta.url));

interface Told {
  readonly event: string;
  readonly pid: number;
  readonly waitedMs: number;
}

function hangingPool(t: TestContext) {
  const pool = spawn(process.execPath, [POOL], { stdio: ["ignore", "pipe", "inherit"] });
  const told: Told[] = [];
  createInterface(pool.stdout).on("line", (line) => told.push(JSON.parse(line)));
  const of = (name: string): Told[] => told.filter(({ event }) => event === name);
  t.after(() => {
    for (const { pid } of of("worker")) if (isThere(pid)) process.kill(pid, "SIGKILL");
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
  const { pool, of } = hangingPool(t);
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
  const { pool, of } = hangingPool(t);
  const ended = once(pool, "close");
  await until(() => of("worker").length === 2);
  pool.kill("SIGTERM");
  assert.deepEqual(await ended, [70, null]);
  assert.deepEqual(
    of("worker-hangs").map(({ waitedMs }) => waitedMs),
    [STOP_MS, STOP_MS],
  );
});
