import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseOwner } from "#server/lock/owner-facts";
import { age, held, lockFixture, request, STALE_MS } from "../support/lock-fixture.js";

test("three processes make 501 logins to one maildrop: never two are in at once, and nothing is left", async (t) => {
  const { maildrop } = lockFixture(t);
  const witness = join(maildrop, "..", "witness");
  const children = [1, 2, 3].map(() => startChild(t, maildrop, "logins", "167", witness));
  const codes = await Promise.all(children.map(async ({ process: child }) => (await once(child, "close"))[0]));
  assert.deepEqual(codes, [0, 0, 0]);
  const lines = readFileSync(witness, "utf8").trimEnd().split("\n");
  assert.equal(lines.length, 2 * 501);
  for (let at = 0; at < lines.length; at += 2) {
    assert.match(lines[at] ?? "", /^enter /);
    assert.equal(lines[at + 1], lines[at]?.replace("enter", "leave"));
  }
  assert.deepEqual(readdirSync(maildrop), []);
});

test("after kill -9 of the owner the next login on this machine gets in at once", async (t) => {
  const fixture = lockFixture(t);
  const owner = startChild(t, fixture.maildrop, "hold");
  assert.equal(await owner.line(), "held");
  assert.equal((await fixture.lock.acquire(fixture.maildrop, request())).type, "in-use");
  owner.process.kill("SIGKILL");
  await once(owner.process, "close");
  assert.deepEqual(readdirSync(fixture.maildrop).length, 2);
  held(t, await fixture.lock.acquire(fixture.maildrop, request()));
  assert.equal(fixture.events[0]?.type === "lock-taken-over" && fixture.events[0].why, "dead");
});

test("a process that exits takes its locks with it", async (t) => {
  const fixture = lockFixture(t);
  const owner = startChild(t, fixture.maildrop, "hold");
  assert.equal(await owner.line(), "held");
  owner.process.stdin.write("exit\n");
  await once(owner.process, "close");
  assert.deepEqual(readdirSync(fixture.maildrop), []);
});

test("an owner on another machine that was stopped past the stale age comes back, finds its lock lost and ends quietly", async (t) => {
  const fixture = lockFixture(t);
  const sleeper = startChild(t, fixture.maildrop, "hold");
  assert.equal(await sleeper.line(), "held");
  sleeper.process.kill("SIGSTOP");
  // Seen from here it runs elsewhere: its process id tells nothing.
  const facts = parseOwner(readFileSync(fixture.mark, "utf8"));
  assert.ok(facts);
  writeFileSync(fixture.mark, `${JSON.stringify({ ...facts, host: "elsewhere" })}\n`);
  assert.equal((await fixture.lock.acquire(fixture.maildrop, request("s2"))).type, "in-use");
  age(fixture, STALE_MS + 1000);
  const successor = held(t, await fixture.lock.acquire(fixture.maildrop, request("s2")));
  sleeper.process.kill("SIGCONT");
  sleeper.process.stdin.write("still?\n");
  assert.equal(await sleeper.line(), "lost");
  sleeper.process.stdin.write("exit\n");
  await once(sleeper.process, "close");
  assert.equal(successor.isHeld(), true);
});

test("an owner that is stopped for less than the stale age keeps its lock", async (t) => {
  const fixture = lockFixture(t);
  const sleeper = startChild(t, fixture.maildrop, "hold");
  assert.equal(await sleeper.line(), "held");
  sleeper.process.kill("SIGSTOP");
  age(fixture, STALE_MS / 2);
  assert.equal((await fixture.lock.acquire(fixture.maildrop, request())).type, "in-use");
  sleeper.process.kill("SIGCONT");
  sleeper.process.stdin.write("still?\n");
  assert.equal(await sleeper.line(), "held");
});

interface Child {
  readonly process: ChildProcessByStdio<Writable, Readable, null>;
  line(): Promise<string>;
}

function startChild(t: TestContext, ...args: string[]): Child {
  const child = spawn(process.execPath, [CHILD, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { process: child, line: async () => String((await lines.next()).value) };
}

const CHILD = fileURLToPath(new URL("../support/lock-child.js", import.meta.url));
