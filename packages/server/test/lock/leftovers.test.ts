import assert from "node:assert/strict";
import { mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { clearLockLeftovers, type LockLeftover } from "#server/lock/leftovers";
import { LockDisk } from "#server/lock/lock-disk";
import { lockPlace } from "#server/lock/lock-place";
import type { LockOwner } from "#server/lock/maildrop-lock";
import { formatOwner } from "#server/lock/owner-facts";
import {
  deadPid,
  held,
  here,
  type LockFixture,
  lockFixture,
  ownerWith,
  request,
  STALE_MS,
} from "../support/lock-fixture.js";
import { tempDirectory } from "../support/temp-directory.js";

const TOKEN = "0f0e0d0c-0b0a-4908-8706-050403020100";
const OWNER = `postigo.owner.${TOKEN}`;
const CLAIM = `postigo.lock.${"A-_9".padEnd(43, "z")}`;

for (const name of [OWNER, CLAIM]) {
  test(`${kindOf(name)} of a dead process is removed`, async (t) => {
    const fixture = lockFixture(t);
    const owner = plant(fixture, name, { pid: deadPid() });
    assert.deepEqual(await clear(fixture), [{ name, fate: "removed", owner }]);
    assert.deepEqual(readdirSync(fixture.maildrop), []);
  });

  test(`${kindOf(name)} of a process that may be alive is kept, until it has been silent for too long`, async (t) => {
    const fixture = lockFixture(t);
    const owner = plant(fixture, name, { host: "elsewhere" });
    assert.deepEqual(await clear(fixture), [{ name, fate: "kept", owner }]);
    fixture.clock.advance(STALE_MS + 1);
    assert.deepEqual(await clear(fixture), [{ name, fate: "removed", owner }]);
  });

  test(`${kindOf(name)} without facts is kept while it is young: its maker may be writing them`, async (t) => {
    const fixture = lockFixture(t);
    plant(fixture, name, "");
    assert.deepEqual(await clear(fixture), [{ name, fate: "kept", owner: undefined }]);
  });
}

test("what is no file is kept, however old it is", async (t) => {
  const fixture = lockFixture(t);
  mkdirSync(join(fixture.maildrop, OWNER));
  symlinkSync("/etc/hostname", join(fixture.maildrop, CLAIM));
  fixture.clock.advance(10 * STALE_MS);
  assert.deepEqual(
    (await clear(fixture)).map(({ fate }) => fate),
    ["kept", "kept"],
  );
});

test("names that are not exactly those of locks are nobody's business", async (t) => {
  const fixture = lockFixture(t);
  const names = [`${OWNER}x`, `x${OWNER}`, `${CLAIM}z`, "postigo.lock.bak", "postigo.owner.", OWNER.toUpperCase()];
  for (const name of names) plant(fixture, name, { pid: deadPid() });
  assert.deepEqual(await clear(fixture), []);
  assert.deepEqual(readdirSync(fixture.maildrop), names.toSorted());
});

test("the lock that is held, and this process's own owner file, are left out", async (t) => {
  const fixture = lockFixture(t);
  held(t, await fixture.lock.acquire(fixture.maildrop, request()));
  const before = readdirSync(fixture.maildrop);
  assert.equal(before.length, 2);
  assert.deepEqual(await clear(fixture), []);
  assert.deepEqual(readdirSync(fixture.maildrop), before);
});

test("in a lock directory only the files of that maildrop are looked at", async (t) => {
  const directory = tempDirectory(t);
  const fixture = lockFixture(t, { directory });
  const { ownerStem } = await lockPlace(new LockDisk(), fixture.maildrop, directory);
  const ours = ownerStem + TOKEN;
  const another = join(directory, `postigo-${"x".repeat(43)}.owner.${TOKEN}`);
  for (const path of [ours, another]) writeFileSync(path, formatOwner(ownerWith({ pid: deadPid() })));
  assert.equal((await clear(fixture, directory)).length, 1);
  assert.deepEqual(
    readdirSync(directory).map((name) => join(directory, name)),
    [another],
  );
});

function kindOf(name: string): string {
  return name === CLAIM ? "a claim" : "an owner file";
}

async function clear({ maildrop, clock }: LockFixture, directory?: string): Promise<readonly LockLeftover[]> {
  const disk = new LockDisk();
  return clearLockLeftovers(disk, await lockPlace(disk, maildrop, directory), { clock, staleMs: STALE_MS, here });
}

function plant({ maildrop, clock }: LockFixture, name: string, facts: Partial<LockOwner> | string): LockOwner {
  const path = join(maildrop, name);
  const owner = typeof facts === "string" ? ownerWith({}) : ownerWith(facts);
  writeFileSync(path, typeof facts === "string" ? facts : formatOwner(owner));
  utimesSync(path, clock.now() / 1000, clock.now() / 1000);
  return owner;
}
