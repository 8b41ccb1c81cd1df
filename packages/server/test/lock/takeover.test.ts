import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { nodeLockIo } from "#server/lock/lock-io";
import type { LockOwner } from "#server/lock/maildrop-lock";
import { formatOwner, parseOwner } from "#server/lock/owner-file";
import {
  deadPid,
  held,
  here,
  type LockFixture,
  lockFixture,
  ownerWith,
  plantLock,
  request,
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
    assertOwnedBy(fixture, "s2");
    lease.release();
    assert.deepEqual(readdirSync(fixture.maildrop), []);
  });
}

const UNPROVEN: { name: string; facts: () => Partial<LockOwner> | string | undefined }[] = [
  { name: "another machine", facts: () => ({ host: "elsewhere", pid: deadPid() }) },
  { name: "another machine of the same name", facts: () => ({ machine: "another", pid: deadPid() }) },
  { name: "another pid namespace", facts: () => ({ pidNamespace: "pid:[1]", pid: deadPid() }) },
  { name: "nobody, between directory and owner file", facts: () => undefined },
  { name: "an empty owner file", facts: () => "" },
  { name: "half an owner file", facts: () => formatOwner(ownerWith({ pid: deadPid() })).slice(0, 60) },
  { name: "an owner file of garbage", facts: () => "\u0000\uffff{{[1e999" },
  { name: "an owner file of the wrong types", facts: () => JSON.stringify({ ...ownerWith({}), pid: "1" }) },
  {
    name: "an owner file that is too long",
    facts: () => formatOwner(ownerWith({ pid: deadPid(), user: "x".repeat(4096) })),
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
    assert.deepEqual(readdirSync(fixture.maildrop), []);
  });
}

const ODD_OWNERS: { name: string; plant: (path: string) => void }[] = [
  { name: "a symbolic link", plant: (path) => symlinkSync("../victim", path) },
  { name: "a dangling symbolic link", plant: (path) => symlinkSync("../nowhere", path) },
  { name: "a FIFO", plant: (path) => void execFileSync("mkfifo", [path]) },
];

for (const { name, plant } of ODD_OWNERS) {
  test(`${name} in the place of the owner file proves nothing, blocks nothing and is not followed`, async (t) => {
    const fixture = lockFixture(t);
    const victim = join(fixture.maildrop, "..", "victim");
    const text = formatOwner(ownerWith({ pid: deadPid() }));
    writeFileSync(victim, text);
    plantLock(fixture, undefined);
    plant(fixture.ownerFile);
    assert.equal((await fixture.lock.acquire(fixture.maildrop, request())).type, "in-use");
    fixture.clock.advance(STALE_MS + 1000);
    held(t, await fixture.lock.acquire(fixture.maildrop, request())).release();
    assert.equal(readFileSync(victim, "utf8"), text);
    assert.deepEqual(readdirSync(fixture.maildrop), []);
  });
}

test("an owner file without a lock directory is a leftover, whatever it says", async (t) => {
  for (const facts of [{}, { host: "elsewhere" }, "garbage"]) {
    const fixture = lockFixture(t);
    plantLock(fixture, facts);
    rmSync(fixture.mark, { recursive: true });
    held(t, await fixture.lock.acquire(fixture.maildrop, request("s2")));
    assertOwnedBy(fixture, "s2");
    assert.deepEqual(fixture.events, []);
  }
});

test("a directory of another user is made again, as only its maker can keep its time fresh", async (t) => {
  let refused = 0;
  const utimesSync: typeof nodeLockIo.utimesSync = (path, ...times) => {
    if (refused++ === 0) throw Object.assign(new Error("EPERM"), { code: "EPERM" });
    nodeLockIo.utimesSync(path, ...times);
  };
  const fixture = lockFixture(t, { io: { utimesSync } });
  plantLock(fixture, { pid: deadPid() });
  const lease = held(t, await fixture.lock.acquire(fixture.maildrop, request()));
  assert.equal(lease.isHeld(), true);
  lease.release();
  assert.deepEqual(readdirSync(fixture.maildrop), []);
});

test("the owner that was taken for stale and comes back finds its lock lost, and removes nothing of its successor's", async (t) => {
  const fixture = lockFixture(t);
  const sleeper = held(t, await fixture.lock.acquire(fixture.maildrop, request("s1")));
  fixture.clock.advance(2 * STALE_MS);
  const successor = held(t, await fixture.other().acquire(fixture.maildrop, request("s2")));
  assert.equal(sleeper.isHeld(), false);
  sleeper.release();
  assertOwnedBy(fixture, "s2");
  assert.equal(existsSync(fixture.mark), true);
  fixture.clock.advance(-2 * STALE_MS);
  assert.equal(successor.isHeld(), true);
});

test("a successor's owner file that was taken by mistake is put back, also where there are no hard links", async (t) => {
  const { removeOwner, createOwner, readOwner } = await import("#server/lock/owner-file");
  const noLinks = (): never => {
    throw Object.assign(new Error("EPERM"), { code: "EPERM" });
  };
  for (const io of [nodeLockIo, { ...nodeLockIo, linkSync: noLinks }]) {
    const { ownerFile, maildrop } = lockFixture(t);
    createOwner(io, ownerFile, ownerWith({ token: "first" }));
    const first = readOwner(io, ownerFile);
    assert.ok(first);
    assert.equal(removeOwner(io, ownerFile, first, "breaker-1"), true);
    assert.equal(removeOwner(io, ownerFile, first, "breaker-2"), false, "it has gone");
    createOwner(io, ownerFile, ownerWith({ token: "second" }));
    assert.equal(removeOwner(io, ownerFile, first, "breaker-2"), false);
    assert.equal(readOwner(io, ownerFile)?.identity, "second");
    assert.deepEqual(readdirSync(maildrop), ["postigo.owner"]);
    assert.equal(createOwner(io, ownerFile, ownerWith({ token: "third" })), false);
  }
});

test("a directory in the place of the owner file does not block the maildrop for ever", async (t) => {
  const fixture = lockFixture(t);
  plantLock(fixture, undefined, STALE_MS + 1);
  mkdirSync(fixture.ownerFile);
  held(t, await fixture.lock.acquire(fixture.maildrop, request("s2")));
  assertOwnedBy(fixture, "s2");
});

function assertOwnedBy({ ownerFile }: LockFixture, session: string): void {
  assert.equal(parseOwner(readFileSync(ownerFile, "utf8"))?.session, session);
}

function snapshot({ maildrop, ownerFile }: LockFixture): unknown {
  return [readdirSync(maildrop).sort(), existsSync(ownerFile) && readFileSync(ownerFile, "latin1")];
}
