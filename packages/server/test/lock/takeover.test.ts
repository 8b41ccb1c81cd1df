import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { claimPath } from "#server/lock/claim";
import type { LockOwner } from "#server/lock/maildrop-lock";
import { formatOwner, parseOwner } from "#server/lock/owner-facts";
import {
  age,
  claimFile,
  deadPid,
  held,
  here,
  type LockFixture,
  lockFixture,
  ownerAt,
  ownerWith,
  plantLock,
  request,
  restingFiles,
  STALE_MS,
} from "../support/lock-fixture.js";

const DEAD: { name: string; facts: () => Partial<LockOwner>; why: string }[] = [
  { name: "whose process has gone", facts: () => ({ pid: deadPid() }), why: "dead" },
  { name: "whose process id is another's by now", facts: () => ({ pidStart: here.pidStart + 1 }), why: "dead" },
  { name: "from before a reboot", facts: () => ({ bootId: "an-earlier-one" }), why: "rebooted" },
];

for (const { name, facts, why } of DEAD) {
  test(`the fresh lock of an owner on this machine ${name} is taken over at once`, async (t) => {
    const fixture = lockFixture(t);
    const dead = facts();
    plantLock(fixture, dead);
    const lease = held(t, await fixture.lock.acquire(fixture.maildrop, request("s2")));
    const { maildrop } = fixture;
    const owner = ownerWith(dead);
    assert.deepEqual(fixture.events, [{ type: "lock-taken-over", maildrop, session: "s2", why, owner }]);
    assert.equal(lease.isHeld(), true);
    assertOurs(fixture);
    lease.release();
    assert.deepEqual(restingFiles(fixture), []);
  });
}

const UNPROVEN: { name: string; facts: () => Partial<LockOwner> | string }[] = [
  { name: "another machine", facts: () => ({ host: "elsewhere", pid: deadPid() }) },
  { name: "another machine of the same name", facts: () => ({ machine: "another", pid: deadPid() }) },
  { name: "another pid namespace", facts: () => ({ pidNamespace: "pid:[1]", pid: deadPid() }) },
  { name: "an owner who has said nothing yet", facts: () => "" },
  { name: "half an owner file", facts: () => formatOwner(ownerWith({ pid: deadPid() })).slice(0, 60) },
  { name: "an owner file of garbage", facts: () => "\u0000\uffff{{[1e999" },
  { name: "an owner file of the wrong types", facts: () => JSON.stringify({ ...ownerWith({}), pid: "1" }) },
  {
    name: "an owner file that is too long",
    facts: () => formatOwner(ownerWith({ pid: deadPid(), since: "x".repeat(4096) })),
  },
  { name: "a living process that has fallen silent", facts: () => ({}) },
];

for (const { name, facts } of UNPROVEN) {
  test(`a fresh lock of ${name} is respected`, async (t) => {
    const fixture = lockFixture(t);
    plantLock(fixture, facts(), STALE_MS - 10);
    const before = snapshot(fixture);
    assert.equal((await fixture.lock.acquire(fixture.maildrop, request())).type, "in-use");
    assert.deepEqual(snapshot(fixture), before);
    assert.deepEqual(fixture.events, []);
  });

  test(`a lock of ${name} is taken over when it is older than the stale age`, async (t) => {
    const fixture = lockFixture(t);
    plantLock(fixture, facts(), STALE_MS + 1);
    const lease = held(t, await fixture.lock.acquire(fixture.maildrop, request("s2")));
    assert.equal(fixture.events[0]?.type === "lock-taken-over" && fixture.events[0].why, "stale");
    assert.equal(lease.isHeld(), true);
    lease.release();
    assert.deepEqual(restingFiles(fixture), []);
  });
}

const ODD_LOCKS: { name: string; plant: (path: string) => void }[] = [
  { name: "a symbolic link", plant: (path) => symlinkSync("../victim", path) },
  { name: "a dangling symbolic link", plant: (path) => symlinkSync("../nowhere", path) },
  { name: "a FIFO", plant: (path) => void execFileSync("mkfifo", [path]) },
  { name: "a directory, as proper-lockfile makes by itself", plant: (path) => mkdirSync(path) },
];

for (const { name, plant } of ODD_LOCKS) {
  test(`${name} in the place of the lock proves nothing, blocks nothing for ever and is not followed`, async (t) => {
    const fixture = lockFixture(t);
    const victim = join(fixture.maildrop, "..", "victim");
    const text = formatOwner(ownerWith({ pid: deadPid() }));
    writeFileSync(victim, text);
    plant(fixture.mark);
    assert.equal((await fixture.lock.acquire(fixture.maildrop, request())).type, "in-use");
    const seconds = (fixture.clock.now() - STALE_MS) / 1000 - 1;
    lutimesSync(fixture.mark, seconds, seconds);
    held(t, await fixture.lock.acquire(fixture.maildrop, request())).release();
    assert.equal(readFileSync(victim, "utf8"), text);
    assert.deepEqual(restingFiles(fixture), []);
  });
}

test("a directory with something in it is nobody's lock of ours: it is told, and stays as it is", async (t) => {
  const fixture = lockFixture(t);
  mkdirSync(join(fixture.mark, "precious"), { recursive: true });
  age(fixture, STALE_MS + 1000);
  assert.equal((await fixture.lock.acquire(fixture.maildrop, request())).type, "unavailable");
  assert.deepEqual(readdirSync(fixture.mark), ["precious"]);
  assert.deepEqual(restingFiles(fixture), ["postigo.lock"]);
});

test("owner files that dead processes have left are removed when another is made there; a living one's stays", async (t) => {
  const fixture = lockFixture(t);
  const [dead, living] = [join(fixture.maildrop, "postigo.owner.1"), join(fixture.maildrop, "postigo.owner.2")];
  writeFileSync(dead, formatOwner(ownerWith({ pid: deadPid() })));
  writeFileSync(living, formatOwner(ownerWith({})));
  held(t, await fixture.lock.acquire(fixture.maildrop, request("s2")));
  assertOurs(fixture);
  assert.deepEqual([existsSync(dead), existsSync(living)], [false, true]);
  assert.deepEqual(fixture.events, []);
});

test("those who died taking over stand in nobody's way, and leave nothing", async (t) => {
  const fixture = lockFixture(t);
  plantLock(fixture, { pid: deadPid() });
  const first = claimFile(fixture);
  writeFileSync(first, formatOwner(ownerWith({ token: "first", pid: deadPid() })));
  writeFileSync(claimPath(fixture.mark, ownerAt(first)), formatOwner(ownerWith({ token: "second", pid: deadPid() })));
  held(t, await fixture.lock.acquire(fixture.maildrop, request())).release();
  assert.deepEqual(restingFiles(fixture), []);
});

test("one who is taking over is respected", async (t) => {
  const fixture = lockFixture(t);
  plantLock(fixture, { pid: deadPid() });
  writeFileSync(claimFile(fixture), formatOwner(ownerWith({ token: "first", host: "elsewhere" })));
  assert.equal((await fixture.lock.acquire(fixture.maildrop, request())).type, "in-use");
  assert.equal(parseOwner(readFileSync(claimFile(fixture), "utf8"))?.host, "elsewhere");
});

test("no token leads out of the maildrop", async (t) => {
  const fixture = lockFixture(t);
  plantLock(fixture, { token: "/../../../victim", pid: deadPid() });
  assert.equal(join(claimFile(fixture), ".."), fixture.maildrop);
  held(t, await fixture.lock.acquire(fixture.maildrop, request()));
});

test("the owner that was taken for stale and comes back finds its lock lost, and removes nothing of its successor's", async (t) => {
  const fixture = lockFixture(t);
  const sleeper = held(t, await fixture.lock.acquire(fixture.maildrop, request("s1")));
  fixture.clock.advance(2 * STALE_MS);
  const successor = held(t, await fixture.other().acquire(fixture.maildrop, request("s2")));
  assert.equal(sleeper.isHeld(), false);
  const { ino } = lstatSync(fixture.mark);
  sleeper.release();
  assert.equal(lstatSync(fixture.mark).ino, ino);
  fixture.clock.advance(-2 * STALE_MS);
  assert.equal(successor.isHeld(), true);
});

function assertOurs({ mark }: LockFixture): void {
  assert.equal(parseOwner(readFileSync(mark, "utf8"))?.pid, process.pid);
}

function snapshot({ maildrop, mark }: LockFixture): unknown {
  return [restingNames(readdirSync(maildrop)), readFileSync(mark, "latin1")];
}

/** An owner file stays a while, in case another lock is wanted. */
const restingNames = (names: string[]): string[] => names.filter((name) => !name.startsWith("postigo.owner."));
