import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { lockOf, underDovecotLock } from "#server/cli/uids/dovecot-lock";
import { systemClock } from "#server/clock";
import { temporaryFolder } from "../support.js";

const place = (t: TestContext) => {
  const folder = temporaryFolder(t);
  const list = join(folder, "dovecot-uidlist");
  return { folder, list, lock: `${list}.lock` };
};

test("the lock is ours, by process and host, while the work is done, and then nothing is left", async (t) => {
  const { folder, list, lock } = place(t);
  await underDovecotLock(list, async () => {
    assert.equal(readFileSync(lock, "latin1"), `${process.pid}:${hostname()}`);
    assert.deepEqual(readdirSync(folder), ["dovecot-uidlist.lock"]);
  });
  assert.deepEqual(readdirSync(folder), []);
});

test("the lock is freed when the work fails", async (t) => {
  const { list, lock } = place(t);
  await assert.rejects(
    underDovecotLock(list, () => Promise.reject(new Error("the work failed"))),
    /the work failed/,
  );
  assert.ok(!existsSync(lock));
});

test("a lock that a living process holds is waited for, and then the owner is told", async (t) => {
  const { list, lock } = place(t);
  writeFileSync(lock, `${process.pid}:${hostname()}`);
  const taken = underDovecotLock(list, async () => assert.fail("not ours"), { clock: systemClock, waitMs: 0 });
  await assert.rejects(
    taken,
    new RegExp(`uidlist.lock is held by process ${process.pid} on .*; stop Dovecot and say --stopped`),
  );
  assert.equal(readFileSync(lock, "latin1"), `${process.pid}:${hostname()}`);
});

test("a lock that is freed meanwhile is taken", async (t) => {
  const { list, lock } = place(t);
  writeFileSync(lock, "1:elsewhere.example");
  const taken = underDovecotLock(list, async () => readFileSync(lock, "latin1"));
  rmSync(lock);
  assert.equal(await taken, `${process.pid}:${hostname()}`);
});

test("a lock that others have taken over is not theirs to lose", async (t) => {
  const { folder, list, lock } = place(t);
  await underDovecotLock(list, async () => {
    writeFileSync(join(folder, "other"), "1:elsewhere.example");
    renameSync(join(folder, "other"), lock);
  });
  assert.equal(readFileSync(lock, "latin1"), "1:elsewhere.example");
});

test("where there is no folder there is no list, and nothing to lock", async (t) => {
  const { folder } = place(t);
  assert.equal(await underDovecotLock(join(folder, "none/dovecot-uidlist"), async () => "done"), "done");
});

for (const { what, make, code } of [
  { what: "a folder", make: (lock: string) => mkdirSync(lock), code: "EINVAL" },
  { what: "a FIFO that nobody writes into", make: (lock: string) => execFileSync("mkfifo", [lock]), code: "EINVAL" },
  { what: "a link to nothing", make: (lock: string) => symlinkSync("/nowhere", lock), code: "ELOOP" },
  { what: "a link to itself", make: (lock: string) => symlinkSync(lock, lock), code: "ELOOP" },
]) {
  test(`${what} in the place of the lock is neither waited for nor followed: an error with its path`, async (t) => {
    const { folder, list, lock } = place(t);
    make(lock);
    const error = new RegExp(`dovecot-uidlist\\.lock cannot be used \\(${code}\\); see what it is, and remove it`);
    assert.throws(() => lockOf(list), error);
    await assert.rejects(
      underDovecotLock(list, async () => assert.fail("not ours")),
      error,
    );
    assert.deepEqual(readdirSync(folder), ["dovecot-uidlist.lock"]);
  });
}

test("what a process of the same number on a host of the same name has left keeps nobody out", async (t) => {
  const { folder, list } = place(t);
  writeFileSync(`${list}.lock.${hostname()}.${process.pid}`, "");
  assert.equal(await underDovecotLock(list, async () => "done"), "done");
  assert.deepEqual(readdirSync(folder), [`dovecot-uidlist.lock.${hostname()}.${process.pid}`]);
});

test("a lock that is stale by one clock only is not waited for without end", async (t) => {
  const { list, lock } = place(t);
  writeFileSync(lock, "1:elsewhere.example");
  const clock = { ...systemClock, now: () => systemClock.now() + 3_600_000 };
  await assert.rejects(
    underDovecotLock(list, async () => assert.fail("not ours"), { clock, waitMs: 0 }),
    /is held by process 1 on elsewhere\.example/,
  );
});

test("a lock that cannot be made is an error with its path", async (t) => {
  const { folder } = place(t);
  writeFileSync(join(folder, "file"), "");
  await assert.rejects(
    underDovecotLock(join(folder, "file/dovecot-uidlist"), async () => undefined),
    /cannot be used \(ENOTDIR\)/,
  );
});
