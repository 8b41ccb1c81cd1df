import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { mock, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { nodeLockIo } from "#server/lock/lock-io";
import { formatOwner, parseOwner } from "#server/lock/owner-facts";
import {
  age,
  held,
  here,
  lockFixture,
  ownerFileIn,
  ownerWith,
  plantLock,
  request,
  restingFiles,
  STALE_MS,
} from "../support/lock-fixture.js";

test("a held lock is a further name of the file with the facts of its owner; a released one is nothing", async (t) => {
  const fixture = lockFixture(t);
  const lease = held(t, await fixture.lock.acquire(fixture.maildrop, request("s7")));
  assert.equal(readdirSync(fixture.maildrop).length, 2);
  assert.equal(statSync(fixture.mark).ino, statSync(ownerFileIn(fixture.maildrop)).ino);
  const owner = parseOwner(readFileSync(fixture.mark, "utf8"));
  assert.ok(owner);
  const { token, ...facts } = owner;
  assert.match(token, /^[0-9a-f-]{36}$/);
  const since = new Date(fixture.clock.now()).toISOString();
  assert.deepEqual(facts, { ...here, since });
  assert.equal(statSync(fixture.mark).mode & 0o777, 0o600);
  assert.equal(lease.isHeld(), true);
  lease.release();
  assert.equal(lease.isHeld(), false);
  assert.equal(existsSync(fixture.mark), false);
  assert.deepEqual(restingFiles(fixture), []);
});

test("a lock leaves new/ and cur/ as they are: their times are what scans are compared with", async (t) => {
  const { lock, maildrop } = lockFixture(t);
  const folders = ["new", "cur"].map((name) => join(maildrop, name));
  for (const folder of folders) mkdirSync(folder);
  const before = folders.map((folder) => statSync(folder).ctimeMs);
  held(t, await lock.acquire(maildrop, request())).release();
  assert.deepEqual(
    folders.map((folder) => statSync(folder).ctimeMs),
    before,
  );
});

test("release may be called twice and frees only its own lock", async (t) => {
  const { lock, maildrop } = lockFixture(t);
  const first = held(t, await lock.acquire(maildrop, request("s1")));
  first.release();
  const second = held(t, await lock.acquire(maildrop, request("s2")));
  first.release();
  assert.equal(second.isHeld(), true);
  assert.equal((await lock.acquire(maildrop, request("s3"))).type, "in-use");
});

test("another process is refused and told which process is the owner, a session of this one which session", async (t) => {
  const fixture = lockFixture(t);
  held(t, await fixture.lock.acquire(fixture.maildrop, request("s1")));
  const outcome = await fixture.other().acquire(fixture.maildrop, request("s2"));
  assert.equal(outcome.type, "in-use");
  const { host, pid } = here;
  assert.deepEqual(outcome, { type: "in-use", holder: { host, pid, session: undefined } });
  const within = await fixture.lock.acquire(fixture.maildrop, request("s2"));
  assert.deepEqual(within, { type: "in-use", holder: { host, pid, session: "s1" } });
});

for (const { name, spell } of [
  { name: "a path with steps back", spell: (path: string) => `${join(path, "..")}/./Maildir/../Maildir` },
  { name: "a trailing slash", spell: (path: string) => `${path}/` },
  {
    name: "a symbolic link",
    spell: (path: string) => {
      symlinkSync(path, `${path}-link`);
      return `${path}-link`;
    },
  },
]) {
  test(`one maildrop is one lock, also through ${name}`, async (t) => {
    const { lock, maildrop } = lockFixture(t);
    held(t, await lock.acquire(maildrop, request("s1")));
    assert.equal((await lock.acquire(spell(maildrop), request("s2"))).type, "in-use");
  });
}

test("one maildrop is one lock in one process, also by two paths that no link joins (a bind mount)", async (t) => {
  // To the file calls the second path is another name of the first, as under a bind mount.
  const fixture = lockFixture(t);
  const twin = `${fixture.maildrop}-mounted`;
  const there = (path: string): string => path.replace(twin, fixture.maildrop);
  const io = {
    lstatSync: ((path: string, options: object) => nodeLockIo.lstatSync(there(path), options)) as never,
    linkSync: ((from: string, to: string) => nodeLockIo.linkSync(there(from), there(to))) as never,
    openSync: ((path: string, ...rest: [string]) => nodeLockIo.openSync(there(path), ...rest)) as never,
    realpathSync: { native: (path: string) => path } as never,
  };
  const mounted = lockFixture(t, { io });
  const first = held(t, await mounted.lock.acquire(fixture.maildrop, request("s1")));
  assert.equal((await mounted.lock.acquire(twin, request("s2"))).type, "in-use");
  assert.equal(await first.isHeld(), true);
});

test("the lock of a maildrop that was moved away and back is stale when the sessions of that time are over", async (t) => {
  const fixture = lockFixture(t);
  const [other, third, away] = ["2", "3", ".away"].map((end) => fixture.maildrop + end) as [string, string, string];
  for (const path of [other, third]) mkdirSync(path);
  const lasting = held(t, await fixture.lock.acquire(other, request("s0")));
  const lease = held(t, await fixture.lock.acquire(fixture.maildrop, request("s1")));
  renameSync(fixture.maildrop, away);
  await lease.release();
  renameSync(away, fixture.maildrop);
  const later = held(t, await fixture.lock.acquire(third, request("s2")));
  await lasting.release();
  age(fixture, STALE_MS + 1000);
  held(t, await fixture.other().acquire(fixture.maildrop, request("s3")));
  assert.equal(await later.isHeld(), true, "later locks have a file of their own");
});

test("different maildrops do not meet", async (t) => {
  const { lock, maildrop } = lockFixture(t);
  mkdirSync(`${maildrop}2`);
  held(t, await lock.acquire(maildrop, request()));
  held(t, await lock.acquire(`${maildrop}2`, request()));
});

test("with a lock directory the maildrop stays untouched, and processes still exclude each other", async (t) => {
  const { maildrop: directory } = lockFixture(t);
  const fixture = lockFixture(t, { directory });
  held(t, await fixture.lock.acquire(fixture.maildrop, request()));
  assert.deepEqual(readdirSync(fixture.maildrop), []);
  for (const name of readdirSync(directory)) assert.match(name, /^postigo-[\w-]{43}\.(lock|owner\.[0-9a-f-]{36})$/);
  assert.equal((await fixture.other().acquire(fixture.maildrop, request())).type, "in-use");
});

test("a lock directory that is missing is told, not worked around", async (t) => {
  const { maildrop } = lockFixture(t);
  const fixture = lockFixture(t, { directory: join(maildrop, "absent") });
  assert.equal((await fixture.lock.acquire(fixture.maildrop, request())).type, "unavailable");
});

test("a maildrop that does not exist yet is held in memory, under the name it will have", async (t) => {
  const { lock, maildrop, events } = lockFixture(t);
  const missing = join(maildrop, "not", "yet");
  const lease = held(t, await lock.acquire(missing, request("s1")));
  assert.equal(existsSync(missing), false);
  assert.deepEqual(events, []);
  assert.equal(lease.isHeld(), true);
  mkdirSync(missing, { recursive: true });
  assert.equal((await lock.acquire(missing, request("s2"))).type, "in-use");
  lease.release();
  held(t, await lock.acquire(missing, request("s3")));
});

const fails =
  (code: string): (() => never) =>
  () => {
    throw Object.assign(new Error(code), { code });
  };

for (const code of ["EROFS", "ENOSPC", "EDQUOT"]) {
  for (const call of ["openSync", "writeSync"] as const) {
    test(`${code} from ${call}: the session goes on, excluded within the process only, and an event says so`, async (t) => {
      const fixture = lockFixture(t, { io: { [call]: fails(code) } });
      const lease = held(t, await fixture.lock.acquire(fixture.maildrop, request("s1")));
      assert.deepEqual(fixture.events, [
        { type: "lock-in-memory-only", maildrop: fixture.maildrop, session: "s1", code },
      ]);
      assert.deepEqual(readdirSync(fixture.maildrop), []);
      assert.equal(lease.isHeld(), true);
      assert.equal((await fixture.lock.acquire(fixture.maildrop, request("s2"))).type, "in-use");
      lease.release();
      assert.equal(lease.isHeld(), false);
      held(t, await fixture.lock.acquire(fixture.maildrop, request("s3")));
    });
  }
}

test("a disk that takes a part of the owner file is a full disk", async (t) => {
  const fixture = lockFixture(t, { io: { writeSync: (() => 7) as never } });
  held(t, await fixture.lock.acquire(fixture.maildrop, request()));
  assert.equal(fixture.events[0]?.type, "lock-in-memory-only");
  assert.deepEqual(readdirSync(fixture.maildrop), []);
});

for (const code of ["EACCES", "EPERM", "EIO", "ENOTDIR"]) {
  test(`${code} is unavailable, with its cause, and blocks nobody`, async (t) => {
    const fixture = lockFixture(t, { io: { openSync: fails(code) } });
    for (const session of ["s1", "s2"]) {
      const outcome = await fixture.lock.acquire(fixture.maildrop, request(session));
      assert.equal(outcome.type, "unavailable");
      assert.equal(outcome.type === "unavailable" && (outcome.cause as NodeJS.ErrnoException).code, code);
    }
  });
}

test("a path that leads through a file is unavailable", async (t) => {
  const { lock, maildrop } = lockFixture(t);
  writeFileSync(join(maildrop, "file"), "");
  assert.equal((await lock.acquire(join(maildrop, "file", "Maildir"), request())).type, "unavailable");
});

test("a lock that cannot be removed is told by an event; release does not throw and the process goes on", async (t) => {
  const fixture = lockFixture(t, { io: { unlinkSync: fails("EIO") } });
  const lease = held(t, await fixture.lock.acquire(fixture.maildrop, request("s1")));
  lease.release();
  assert.equal(fixture.events[0]?.type, "lock-release-failed");
  const outcome = await fixture.lock.acquire(fixture.maildrop, request("s2"));
  assert.equal(outcome.type, "in-use", "it stands until it is stale");
});

test("a lock that was taken over is not held any more, and its release leaves the successor's", async (t) => {
  const fixture = lockFixture(t);
  const lease = held(t, await fixture.lock.acquire(fixture.maildrop, request()));
  const successor = formatOwner(ownerWith({ token: "successor", host: "elsewhere" }));
  rmSync(fixture.mark);
  writeFileSync(fixture.mark, successor);
  assert.equal(lease.isHeld(), false);
  lease.release();
  assert.equal(readFileSync(fixture.mark, "utf8"), successor);
});

test("a lock whose mark is another one is not held any more, and its release leaves it", async (t) => {
  const fixture = lockFixture(t);
  const lease = held(t, await fixture.lock.acquire(fixture.maildrop, request()));
  writeFileSync(`${fixture.mark}-new`, "");
  renameSync(`${fixture.mark}-new`, fixture.mark);
  assert.equal(lease.isHeld(), false);
  lease.release();
  assert.equal(existsSync(fixture.mark), true);
});

test("a lock whose mark somebody removed is not held any more", async (t) => {
  const fixture = lockFixture(t);
  const lease = held(t, await fixture.lock.acquire(fixture.maildrop, request()));
  rmSync(fixture.mark);
  assert.equal(lease.isHeld(), false);
  lease.release();
});

test("an owner file whose first name somebody removed serves the locks that are held; the next gets another", async (t) => {
  const fixture = lockFixture(t);
  const lease = held(t, await fixture.lock.acquire(fixture.maildrop, request("s1")));
  rmSync(ownerFileIn(fixture.maildrop));
  assert.equal(lease.isHeld(), true);
  mkdirSync(`${fixture.maildrop}2`);
  const other = held(t, await fixture.lock.acquire(`${fixture.maildrop}2`, request("s2")));
  assert.equal(statSync(ownerFileIn(`${fixture.maildrop}2`)).nlink, 2);
  lease.release();
  assert.deepEqual(readdirSync(fixture.maildrop), []);
  assert.equal(other.isHeld(), true);
});

test("one owner file serves every maildrop; a maildrop gets one name", async (t) => {
  const fixture = lockFixture(t);
  const others = [1, 2, 3].map((at) => `${fixture.maildrop}${at}`);
  for (const path of others) mkdirSync(path);
  held(t, await fixture.lock.acquire(fixture.maildrop, request("s0")));
  for (const path of others) held(t, await fixture.lock.acquire(path, request(path)));
  for (const path of others) assert.deepEqual(readdirSync(path), ["postigo.lock"]);
  assert.equal(statSync(ownerFileIn(fixture.maildrop)).nlink, 5);
});

for (const { code, what } of [
  { code: "EPERM", what: "cannot have further names" },
  { code: "EOPNOTSUPP", what: "has no hard links" },
]) {
  test(`on a file system whose files ${what} (${code}) a lock is a file of its own, and excludes as well`, async (t) => {
    const fixture = lockFixture(t, { io: { linkSync: fails(code) } });
    for (const session of ["s1", "s2"]) {
      const lease = held(t, await fixture.lock.acquire(fixture.maildrop, request(session)));
      assert.deepEqual(readdirSync(fixture.maildrop), ["postigo.lock"]);
      assert.equal((await fixture.other().acquire(fixture.maildrop, request("s3"))).type, "in-use");
      assert.equal(lease.isHeld(), true);
      lease.release();
      assert.deepEqual(readdirSync(fixture.maildrop), []);
    }
  });
}

for (const { code, what } of [
  { code: "EXDEV", what: "on another file system" },
  { code: "EMLINK", what: "with as many names as a file can have" },
]) {
  test(`beside an owner file ${what} (${code}) a second one is made`, async (t) => {
    let refused: string | undefined;
    const linkSync: typeof nodeLockIo.linkSync = (from, to) => {
      if (from === refused) throw Object.assign(new Error(code), { code });
      nodeLockIo.linkSync(from, to);
    };
    const fixture = lockFixture(t, { io: { linkSync } });
    mkdirSync(`${fixture.maildrop}2`);
    const first = held(t, await fixture.lock.acquire(fixture.maildrop, request("s1")));
    refused = ownerFileIn(fixture.maildrop);
    const second = held(t, await fixture.lock.acquire(`${fixture.maildrop}2`, request("s2")));
    assert.equal(first.isHeld() && second.isHeld(), true);
    second.release();
    first.release();
    assert.deepEqual(restingFiles(fixture), []);
    assert.deepEqual(readdirSync(`${fixture.maildrop}2`), []);
  });
}

test("a process that locks nothing more leaves on disk what is held, and nothing else", async (t) => {
  const fixture = lockFixture(t);
  const lease = held(t, await fixture.lock.acquire(fixture.maildrop, request("s1")));
  fixture.lock.close();
  assert.deepEqual(readdirSync(fixture.maildrop), ["postigo.lock"]);
  assert.equal(lease.isHeld(), true);
  lease.release();
  assert.deepEqual(readdirSync(fixture.maildrop), []);
});

test("a lock that has given no sign of life for the stale age is not held: anybody may take it at any moment", async (t) => {
  const fixture = lockFixture(t);
  const lease = held(t, await fixture.lock.acquire(fixture.maildrop, request()));
  age(fixture, STALE_MS - 10);
  assert.equal(lease.isHeld(), true);
  age(fixture, STALE_MS + 1000);
  assert.equal(lease.isHeld(), false);
});

test("an event loop that stalled past the stale age does not break the lock of its own process", async (t) => {
  const fixture = lockFixture(t);
  const lease = held(t, await fixture.lock.acquire(fixture.maildrop, request("s1")));
  age(fixture, 10 * STALE_MS);
  assert.equal((await fixture.lock.acquire(fixture.maildrop, request("s2"))).type, "in-use");
  age(fixture, 0);
  assert.equal(lease.isHeld(), true);
});

test("the heartbeat keeps the lock fresh, whoever touches it, and tells once when it finds another in its place", async (t) => {
  const start = Math.floor(Date.now() / 1000) * 1000;
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: start });
  t.after(() => mock.timers.reset());
  const fixture = lockFixture(t);
  const lease = held(t, await fixture.lock.acquire(fixture.maildrop, request("s1")));
  const losses: unknown[] = [];
  lease.onLost((cause) => losses.push(cause));
  for (let beat = 1; beat <= 30; beat++) {
    mock.timers.tick(STALE_MS / 6);
    await turn();
    assert.equal(statSync(fixture.mark).mtimeMs, start + (beat * STALE_MS) / 6);
  }
  assert.equal(losses.length, 0);
  age(fixture, 7000);
  mock.timers.tick(STALE_MS / 6);
  await turn();
  assert.equal(statSync(fixture.mark).mtimeMs, start + (31 * STALE_MS) / 6);
  assert.equal(losses.length, 0);
  rmSync(fixture.mark);
  plantLock(fixture, { host: "elsewhere" });
  mock.timers.tick(STALE_MS / 6);
  await turn();
  mock.timers.tick(STALE_MS);
  await turn();
  assert.equal(losses.length, 1);
  assert.deepEqual(
    fixture.events.map(({ type }) => type),
    ["lock-lost"],
  );
  assert.equal(lease.isHeld(), false);
  lease.onLost((cause) => losses.push(cause));
  assert.equal(losses.length, 2, "who asks late is told at once");
  lease.release();
  assert.deepEqual(restingFiles(fixture), ["postigo.lock"], "a successor's lock is his");
});

test("a released lock has no heartbeat", async (t) => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.now() });
  t.after(() => mock.timers.reset());
  const fixture = lockFixture(t);
  const lease = held(t, await fixture.lock.acquire(fixture.maildrop, request()));
  lease.onLost(() => assert.fail("it was given back, not lost"));
  lease.release();
  mock.timers.tick(10 * STALE_MS);
  assert.deepEqual(fixture.events, []);
});

test("a login waits for the owner in another process and gets in when it leaves", async (t) => {
  const fixture = lockFixture(t, { waitMs: 3000 });
  const first = held(t, await fixture.other().acquire(fixture.maildrop, request("s1")));
  const waiting = fixture.lock.acquire(fixture.maildrop, request("s2"));
  for (let step = 0; step < 10; step++) {
    fixture.clock.advance(50);
    await turn();
  }
  first.release();
  fixture.clock.advance(250);
  held(t, await waiting);
});

test("a login that has waited its time is refused, and nothing of it is left", async (t) => {
  const fixture = lockFixture(t, { waitMs: 3000 });
  held(t, await fixture.other().acquire(fixture.maildrop, request("s1")));
  const waiting = fixture.lock.acquire(fixture.maildrop, request("s2"));
  let outcome: string | undefined;
  void waiting.then(({ type }) => {
    outcome = type;
  });
  for (let step = 0; step < 29; step++) {
    fixture.clock.advance(100);
    await turn();
  }
  assert.equal(outcome, undefined, "after 2.9 s");
  fixture.clock.advance(100);
  await turn();
  await turn();
  assert.equal(outcome, "in-use");
  assert.equal(fixture.clock.pending, 0);
});

test("a login whose client has gone stops waiting at once", async (t) => {
  const fixture = lockFixture(t, { waitMs: 3000 });
  const first = held(t, await fixture.other().acquire(fixture.maildrop, request("s1")));
  const client = new AbortController();
  const waiting = fixture.lock.acquire(fixture.maildrop, request("s2", client.signal));
  await turn();
  client.abort();
  assert.equal((await waiting).type, "in-use");
  assert.equal(fixture.clock.pending, 0);
  first.release();
  assert.deepEqual(restingFiles(fixture), []);
  held(t, await fixture.lock.acquire(fixture.maildrop, request("s3")));
});

test("a client that goes while its lock is being taken gets none, and leaves none", async (t) => {
  const fixture = lockFixture(t);
  const client = new AbortController();
  const taking = fixture.lock.acquire(fixture.maildrop, request("s1", client.signal));
  client.abort();
  assert.equal((await taking).type, "in-use");
  assert.deepEqual(restingFiles(fixture), []);
  held(t, await fixture.lock.acquire(fixture.maildrop, request("s2")));
});

test("waiting sessions of one process get in one by one, in the order they came", async (t) => {
  const fixture = lockFixture(t, { waitMs: 3000 });
  const order: string[] = [];
  const first = held(t, await fixture.lock.acquire(fixture.maildrop, request("s0")));
  const all = ["s1", "s2", "s3"].map(async (session) => {
    const lease = held(t, await fixture.lock.acquire(fixture.maildrop, request(session)));
    order.push(session);
    assert.equal(lease.isHeld(), true);
    await turn();
    assert.equal(order.at(-1), session, "nobody came in meanwhile");
    lease.release();
  });
  first.release();
  await Promise.all(all);
  assert.deepEqual(order, ["s1", "s2", "s3"]);
});

test("a lock planted with an owner of this very process is not stolen while it is fresh", async (t) => {
  const fixture = lockFixture(t);
  plantLock(fixture, {});
  assert.equal((await fixture.lock.acquire(fixture.maildrop, request())).type, "in-use");
});
