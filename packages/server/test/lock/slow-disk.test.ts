// A root whose calls take their time: every call of the lock goes through the thread pool, and none blocks.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Call } from "#server/lock/lock-disk";
import type { LockIo } from "#server/lock/lock-io";
import { age, claimFile, deadPid, held, lockFixture, plantLock, request, STALE_MS } from "../support/lock-fixture.js";
import { until } from "../support/until.js";

const later: Call = (_now, later) => later();

const blocks = (): never => assert.fail("a call that blocks");
const NO_BLOCKING: Partial<LockIo> = {
  ...{ closeSync: blocks, fstatSync: blocks, futimesSync: blocks, linkSync: blocks, lstatSync: blocks as never },
  ...{ openSync: blocks, readdirSync: blocks as never, readSync: blocks, renameSync: blocks, rmdirSync: blocks },
  ...{ unlinkSync: blocks, writeSync: blocks },
};
const SLOW = { call: later, io: NO_BLOCKING };

test("a lock on a slow root is taken, excludes, and is free when its release is done, without a call that blocks", async (t) => {
  const fixture = lockFixture(t, SLOW);
  for (const session of ["s1", "s2"]) {
    const lease = held(t, await fixture.lock.acquire(fixture.maildrop, request(session)));
    assert.equal(await lease.isHeld(), true);
    assert.equal((await fixture.other().acquire(fixture.maildrop, request())).type, "in-use");
    assert.equal((await fixture.lock.acquire(fixture.maildrop, request())).type, "in-use");
    await lease.release();
    assert.equal(existsSync(fixture.mark), false);
    assert.equal(await lease.isHeld(), false);
  }
  fixture.clock.advance(1_000);
  await until(() => readdirSync(fixture.maildrop).length === 0);
});

test("a release that is asked for twice is done when the lock is free", async (t) => {
  const fixture = lockFixture(t, SLOW);
  const lease = held(t, await fixture.lock.acquire(fixture.maildrop, request()));
  void lease.release();
  await lease.release();
  assert.equal(existsSync(fixture.mark), false);
});

const PLANTED: { name: string; plant: (mark: string) => void }[] = [
  { name: "an empty lock", plant: (mark) => writeFileSync(mark, "") },
  { name: "a lock that is too long", plant: (mark) => writeFileSync(mark, "x".repeat(5_000)) },
  { name: "a dangling link", plant: (mark) => symlinkSync("nowhere", mark) },
  { name: "a directory", plant: (mark) => mkdirSync(mark) },
];

for (const { name, plant } of PLANTED) {
  test(`${name} on a slow root is respected while it is fresh`, async (t) => {
    const fixture = lockFixture(t, SLOW);
    plant(fixture.mark);
    assert.equal((await fixture.lock.acquire(fixture.maildrop, request())).type, "in-use");
  });
}

test("locks of the dead are taken over on a slow root, also from one who died taking over", async (t) => {
  const fixture = lockFixture(t, SLOW);
  plantLock(fixture, { pid: deadPid() });
  writeFileSync(claimFile(fixture), "");
  assert.equal((await fixture.lock.acquire(fixture.maildrop, request())).type, "in-use");
  age({ ...fixture, mark: claimFile(fixture) }, STALE_MS + 1000);
  const lease = held(t, await fixture.lock.acquire(fixture.maildrop, request()));
  assert.equal(await lease.isHeld(), true);
  await lease.release();
  assert.deepEqual(readdirSync(fixture.maildrop), []);
});

test("a stale directory on a slow root gives way", async (t) => {
  const fixture = lockFixture(t, SLOW);
  mkdirSync(fixture.mark);
  age(fixture, STALE_MS + 1000);
  held(t, await fixture.lock.acquire(fixture.maildrop, request()));
});

test("a maildrop on a slow root that does not exist yet, or cannot be reached, is told as on a quick one", async (t) => {
  const fixture = lockFixture(t, SLOW);
  held(t, await fixture.lock.acquire(join(fixture.maildrop, "not", "yet"), request()));
  writeFileSync(join(fixture.maildrop, "file"), "");
  const { type } = await fixture.lock.acquire(join(fixture.maildrop, "file", "Maildir"), request());
  assert.equal(type, "unavailable");
});

test("a lock that has grown stale on a slow root makes itself fresh before it is removed", async (t) => {
  const fixture = lockFixture(t, SLOW);
  const lease = held(t, await fixture.lock.acquire(fixture.maildrop, request()));
  age(fixture, 2 * STALE_MS);
  await lease.release();
  assert.equal(existsSync(fixture.mark), false);
});
