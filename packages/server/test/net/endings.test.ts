// However a session ends: its lock is free, what is under way is finished or dropped, nothing is removed that was not asked for.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { OpenOutcome, RemovalReport } from "@postigo/storage";
import type { AuthenticationStep } from "#server/auth/authenticator";
import { WINDOW_OCTETS } from "#server/net/stage";
import { unsentOctets } from "#server/net/unsent-octets";
import { AUTOLOGOUT_MS, LOGIN_MS, serving } from "../support/connection-fixture.js";
import { messages, recordedMaildrop } from "../support/memory-maildrops.js";
import { gate, turn, until } from "../support/until.js";

const LARGE = `${"x".repeat(7_999)}\n`.repeat(6_000);

test("RFC 1939 §6: a reset in the middle of a RETR frees the lock, removes nothing and marks nothing", async (t) => {
  const { maildrop, record } = recordedMaildrop(messages("small\n", LARGE));
  const fixture = await serving(t, { maildrop });
  const { client, socket } = await fixture.enter(t);
  await client.send("DELE 1\r\nRETR 2\r\n").octets(WINDOW_OCTETS);
  await until(() => socket.writableNeedDrain);
  client.reset();
  await fixture.allClosed();
  await until(() => record.open === 0);
  assert.deepEqual(record, { removed: [], marked: [], closed: 1, open: 0 });
  assert.equal(fixture.lock.leases[0]?.releases, 1);
  assert.equal(fixture.log.of("session-closed").length, 1);
});

test("a reset while the lock is waited for: the lock that comes too late is given back, nothing is opened", async (t) => {
  let openings = 0;
  const { maildrop } = recordedMaildrop([]);
  const fixture = await serving(t, {
    open: () => {
      openings++;
      return { type: "opened", maildrop };
    },
  });
  const lock = gate<"grant">();
  fixture.lock.next = lock.promise;
  const { client } = await fixture.dial(t);
  client.send("USER ana\r\nPASS secret\r\n");
  await until(() => fixture.lock.requests.length === 1);
  client.reset();
  await fixture.allClosed();
  assert.equal(fixture.lock.requests[0]?.signal.aborted, true, "the lock is told");
  lock.open("grant");
  await until(() => fixture.lock.leases[0]?.releases === 1);
  assert.equal(openings, 0);
});

test("a reset while the maildrop is opened frees the lock at once, and closes what opens later", async (t) => {
  const { maildrop, record } = recordedMaildrop([]);
  const opening = gate<OpenOutcome>();
  const fixture = await serving(t, { open: () => opening.promise });
  const { client } = await fixture.dial(t);
  client.send("USER ana\r\nPASS secret\r\n");
  await until(() => fixture.lock.leases.length === 1);
  client.reset();
  await until(() => fixture.lock.held === 0);
  opening.open({ type: "opened", maildrop });
  await until(() => record.closed === 1);
  assert.equal(fixture.log.of("login").length, 0);
  assert.equal(fixture.lock.leases[0]?.releases, 1);
});

test("a shutdown while the maildrop is opened frees the lock though the client keeps its side open", async (t) => {
  const { maildrop, record } = recordedMaildrop([]);
  const opening = gate<OpenOutcome>();
  const fixture = await serving(t, { open: () => opening.promise });
  const { client, connection } = await fixture.dial(t);
  client.send("USER ana\r\nPASS secret\r\n");
  await until(() => fixture.lock.leases.length === 1);
  connection.shutdown();
  opening.open({ type: "opened", maildrop });
  await until(() => record.closed === 1);
  assert.equal(fixture.lock.held, 0);
  await client.rest();
  fixture.clock.advance(5_000);
  await fixture.allClosed();
});

test("a shutdown waits five seconds for a client that has stopped reading its message, and not longer", async (t) => {
  const { maildrop, record } = recordedMaildrop(messages(LARGE));
  const fixture = await serving(t, { maildrop });
  const { client, connection, socket } = await fixture.enter(t);
  client.send("RETR 1\r\n");
  await until(() => socket.writableNeedDrain);
  connection.shutdown();
  await until(() => record.closed === 1);
  assert.equal(fixture.lock.held, 0, "the maildrop is free at once");
  fixture.clock.advance(4_999);
  await turn();
  assert.equal(fixture.closed.length, 0);
  fixture.clock.advance(1);
  await fixture.allClosed();
});

test("a reset while the password is looked at: the exchange is cancelled, and its outcome is nobody's", async (t) => {
  const step = gate<AuthenticationStep>();
  let cancelled = 0;
  const fixture = await serving(t, {
    maildrop: recordedMaildrop([]).maildrop,
    begin: () => ({ next: () => step.promise, cancel: () => void cancelled++ }),
  });
  const { client } = await fixture.dial(t);
  client.send("USER ana\r\nPASS secret\r\n");
  await until(() => fixture.log.events.length > 0);
  await client.lines(2);
  client.reset();
  await fixture.allClosed();
  assert.equal(cancelled, 1);
  step.open({ type: "accepted", account: { name: "ana", maildir: undefined } });
  await turn();
  assert.equal(fixture.lock.requests.length, 0);
});

test("RFC 1939 §6: a reset during UPDATE: the removal goes on to its end, and the lock is held until then", async (t) => {
  const removal = gate<undefined>();
  const { maildrop, record } = recordedMaildrop(messages("one", "two"));
  const slow = {
    ...maildrop,
    remove: async (positions: readonly number[]) => {
      await removal.promise;
      return maildrop.remove(positions);
    },
  };
  const fixture = await serving(t, { maildrop: slow });
  const { client } = await fixture.enter(t);
  await client.send("RETR 1\r\nRETR 2\r\nDELE 1\r\nQUIT\r\n").lines(7);
  client.reset();
  await until(() => fixture.log.of("connection-error").length === 1);
  await turn();
  assert.equal(fixture.lock.held, 1, "nobody else may come in while messages are being removed");
  assert.equal(record.closed, 0);
  removal.open(undefined);
  await fixture.allClosed();
  assert.deepEqual(record, { removed: [0], marked: [1], closed: 1, open: 0 });
  assert.equal(fixture.lock.leases[0]?.releases, 1);
  assert.deepEqual(
    fixture.log.of("message-removed").map(({ uid }) => uid),
    ["uid-1"],
  );
  assert.equal(fixture.log.of("session-closed").length, 1, "also such a session has its line");
});

test("RFC 1939 §6: a lock lost during UPDATE: QUIT waits for what was begun and says how much of it was not done", async (t) => {
  const removal = gate<RemovalReport>();
  let isRemoving = false;
  const remove = () => {
    isRemoving = true;
    return removal.promise;
  };
  const { maildrop } = recordedMaildrop(messages("one", "two"), { remove });
  const fixture = await serving(t, { maildrop });
  const { client } = await fixture.enter(t);
  await client.send("DELE 1\r\nDELE 2\r\nQUIT\r\n").lines(2);
  await until(() => isRemoving);
  fixture.lock.leases[0]?.lose();
  removal.open({
    removed: [{ position: 0, path: "cur/1", how: "unlinked" }],
    failed: [{ position: 1, cause: new Error("stopped") }],
  });
  assert.equal((await client.rest()).toString(), "-ERR [SYS/TEMP] 1 of 2 messages not removed\r\n");
});

test("RFC 1939 §3: the login deadline runs from the greeting, whatever is sent", async (t) => {
  const fixture = await serving(t, { maildrop: recordedMaildrop([]).maildrop });
  const { client } = await fixture.dial(t);
  await client.line();
  fixture.clock.advance(LOGIN_MS - 1);
  assert.match((await client.ask("USER ana")) ?? "", /^\+OK/);
  fixture.clock.advance(1);
  assert.equal((await client.rest()).length, 0, "it closes without a word");
  assert.equal(fixture.log.of("session-closed")[0]?.reason, "autologout");
});

test("RFC 1939 §3: autologout comes after exactly its span, counted from the last complete command", async (t) => {
  const { maildrop, record } = recordedMaildrop(messages("one"));
  const fixture = await serving(t, { maildrop });
  const { client, socket } = await fixture.enter(t);
  await client.ask("DELE 1");
  for (let round = 0; round < 3; round++) {
    fixture.clock.advance(AUTOLOGOUT_MS - 1);
    assert.equal(await client.ask("NOOP"), "+OK done");
  }
  const before = socket.bytesRead;
  client.send("NOO");
  await until(() => socket.bytesRead === before + 3);
  fixture.clock.advance(AUTOLOGOUT_MS - 1);
  assert.equal(fixture.log.of("session-closed").length, 0);
  client.send("P");
  await until(() => socket.bytesRead === before + 4);
  fixture.clock.advance(1);
  assert.equal((await client.rest()).length, 0, "octets of an unfinished line are no command");
  assert.deepEqual(record.removed, [], "an autologout never updates");
  assert.equal(fixture.lock.held, 0);
});

test("RFC 1939 §3: nobody is idle while a message is on its way, and the span begins at its end", async (t) => {
  const fixture = await serving(t, { maildrop: recordedMaildrop(messages(LARGE)).maildrop });
  const { client, socket } = await fixture.enter(t);
  const status = (await client.ask("RETR 1")) ?? "";
  assert.match(status, /^\+OK 48006000 /);
  let rest = 48_006_000 + ".\r\n".length;
  for (let waited = 0; waited < AUTOLOGOUT_MS; waited += 115_000) {
    await until(() => socket.writableNeedDrain);
    const before = socket.bytesWritten - unsentOctets(socket);
    fixture.clock.advance(115_000);
    while (socket.bytesWritten - unsentOctets(socket) === before) rest -= (await client.octets(500_000)).length;
  }
  assert.equal((await client.octets(rest)).subarray(-5).toString(), "\r\n.\r\n");
  fixture.clock.advance(AUTOLOGOUT_MS - 1);
  assert.equal(fixture.log.of("session-closed").length, 0);
  fixture.clock.advance(1);
  assert.equal(fixture.log.of("session-closed")[0]?.reason, "autologout");
});

test("after the last answer the client's end is awaited for five seconds, and not longer", async (t) => {
  const fixture = await serving(t, { maildrop: recordedMaildrop([]).maildrop });
  const { client } = await fixture.enter(t);
  assert.match((await client.send("QUIT\r\nNOOP\r\n").rest()).toString(), /^\+OK goodbye\r\n$/);
  client.send("endless");
  fixture.clock.advance(4_999);
  await turn();
  assert.equal(fixture.closed.length, 0);
  fixture.clock.advance(1);
  await fixture.allClosed();
});

test("RFC 1939 §6: a kick ends a session without a word and without UPDATE, and is done when the lock is free", async (t) => {
  const { maildrop, record } = recordedMaildrop(messages("one\n", "two\n"));
  const fixture = await serving(t, { maildrop });
  const { client, connection } = await fixture.enter(t);
  await client.ask("DELE 1");
  await connection.kick();
  assert.equal(fixture.lock.leases[0]?.releases, 1);
  assert.equal((await client.rest()).length, 0);
  assert.deepEqual(record.removed, []);
  assert.equal(fixture.log.of("session-closed")[0]?.reason, "kicked");
});

test("a kick that comes while the maildrop is being opened is done when the lock that comes too late is given back", async (t) => {
  const fixture = await serving(t, { maildrop: recordedMaildrop([]).maildrop });
  const lock = gate<"grant">();
  fixture.lock.next = lock.promise;
  const { client, connection } = await fixture.dial(t);
  client.send("USER ana\r\nPASS secret\r\n");
  await until(() => fixture.lock.requests.length === 1);
  const kicked = connection.kick();
  lock.open("grant");
  await kicked;
  assert.equal(fixture.lock.leases[0]?.releases, 1);
});

test("a kick that comes during UPDATE waits for it: QUIT is answered and the messages are gone", async (t) => {
  const removal = gate<RemovalReport>();
  const { maildrop } = recordedMaildrop(messages("one\n"));
  const fixture = await serving(t, { maildrop: { ...maildrop, remove: () => removal.promise } });
  const { client, connection } = await fixture.enter(t);
  client.send("DELE 1\r\nQUIT\r\n");
  await client.line();
  await until(() => connection.facts.state === "UPDATE");
  const kicked = connection.kick();
  removal.open({ removed: [{ position: 0, path: "new/1", how: "unlinked" }], failed: [] });
  await kicked;
  assert.match(String(await client.line()), /^\+OK/);
});

test("what is told of a session: who, since when, idle for how long, and what went over", async (t) => {
  const { maildrop } = recordedMaildrop(messages("one\n"));
  const fixture = await serving(t, { maildrop });
  const { client, connection } = await fixture.dial(t);
  assert.equal(connection.facts.user, undefined);
  fixture.clock.advance(5_000);
  await client.login();
  fixture.clock.advance(7_000);
  const { user, state, address, tls, idleMs, since, octetsIn, octetsOut } = connection.facts;
  assert.deepEqual([user, state, address, tls, idleMs], ["ana", "TRANSACTION", "127.0.0.1", false, 7_000]);
  assert.equal(fixture.clock.now() - since, 12_000);
  assert.equal(octetsIn, "USER ana\r\nPASS secret\r\n".length);
  assert.ok(octetsOut > octetsIn);
});
