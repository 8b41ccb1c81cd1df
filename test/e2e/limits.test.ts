// One session a maildrop, caps for each address and account, failed logins, bad commands.

import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { RawClient } from "../support/raw-client.js";

test("RFC 2449 §8.1.1: a second login waits, then is told [IN-USE] with the word lock; after QUIT it succeeds", async (t) => {
  const gateway = await GatewayProcess.start(t, { configuration: { lock: { wait: "300ms" } } });
  gateway.maildir().fillWithNumbered(1);
  const first = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  const second = await RawClient.connect(gateway.ports.none);
  await second.ok("USER alice");
  const begun = performance.now();
  const refused = await second.err(`PASS ${PASSWORD}`);
  assert.ok(performance.now() - begun >= 250, "the second login did not wait");
  assert.equal(refused.code, "IN-USE");
  assert.match(refused.text, /lock/);
  assert.doesNotMatch(refused.text, /password/i);
  await first.quit();
  await second.login("alice", PASSWORD);
  await second.quit();
});

test("a login that waits for the lock gets in as soon as the first session has ended", async (t) => {
  const gateway = await GatewayProcess.start(t, { configuration: { lock: { wait: "10s" } } });
  const first = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  const second = await RawClient.connect(gateway.ports.none);
  await second.ok("USER alice");
  const waiting = second.command(`PASS ${PASSWORD}`);
  await first.quit();
  assert.ok((await waiting).ok);
  await second.quit();
});

test("the lock is free after a connection was reset in the middle of a RETR", async (t) => {
  const gateway = await GatewayProcess.start(t, { configuration: { lock: { wait: "1s" } } });
  gateway.maildir().add({ what: "large", octets: Buffer.alloc(32 << 20, "line of a large message\n") });
  for (let round = 0; round < 5; round += 1) {
    const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
    client.socket.pause();
    await client.write("RETR 1\r\n");
    client.socket.resetAndDestroy();
  }
});

test("per_address: one connection too many is told so and closed, and a free place is given again", async (t) => {
  const gateway = await GatewayProcess.start(t, { configuration: { limits: { per_address: 3 } } });
  const clients = [1, 2, 3].map(() => RawClient.connect(gateway.ports.none));
  const [first] = await Promise.all(clients);
  const fourth = await RawClient.connectSilently(gateway.ports.none);
  assert.match((await fourth.rest()).toString(), /^-ERR [^\r\n]+\r\n$/);
  const closed = gateway.event("session-closed");
  await first?.quit();
  await closed;
  const next = await RawClient.connect(gateway.ports.none);
  assert.ok(next.greeting.ok);
});

test("connections: the cap over all addresses", async (t) => {
  const gateway = await GatewayProcess.start(t, { configuration: { limits: { connections: 2 } } });
  await RawClient.connect(gateway.ports.none);
  await RawClient.connect(gateway.ports.none);
  const third = await RawClient.connectSilently(gateway.ports.none);
  assert.match((await third.rest()).toString(), /^-ERR [^\r\n]+\r\n$/);
});

test("per_account: logins that wait for one maildrop are capped", async (t) => {
  const configuration = { limits: { per_account: 2 }, lock: { wait: "20s" } };
  const gateway = await GatewayProcess.start(t, { configuration });
  const first = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  const second = await RawClient.connect(gateway.ports.none);
  await second.ok("USER alice");
  const waiting = second.command(`PASS ${PASSWORD}`);
  const third = await RawClient.connect(gateway.ports.none);
  await third.ok("USER alice");
  assert.equal((await third.err(`PASS ${PASSWORD}`)).code, "IN-USE");
  await first.quit();
  assert.ok((await waiting).ok);
});

test("RFC 3206 §4: an unknown user and a wrong password are told alike, with [AUTH], and one log line each", async (t) => {
  const gateway = await GatewayProcess.start(t);
  const replies: string[] = [];
  for (const user of ["alice", "nobody"]) {
    const client = await RawClient.connect(gateway.ports.none);
    replies.push((await client.ok(`USER ${user}`)).text);
    const reply = await client.err("PASS wrong-guess");
    assert.equal(reply.code, "AUTH");
    replies.push(reply.text);
    await client.quit();
  }
  assert.deepEqual(replies.slice(0, 2), replies.slice(2));
  await gateway.eventsNamed("session-closed", 2);
  const failures = await gateway.eventsNamed("login-failed", 2);
  assert.deepEqual(
    failures.map(({ user }) => user),
    ["alice", "nobody"],
  );
  assert.ok(!gateway.log.includes("wrong-guess"));
});

test("3 bad commands in a row before login end the connection with a text; a good one between them does not", async (t) => {
  const gateway = await GatewayProcess.start(t);
  const client = await RawClient.connect(gateway.ports.none);
  await client.err("HELO example.test");
  await client.err("EHLO example.test");
  await client.multiLine("CAPA");
  await client.err("GET / HTTP/1.1");
  await client.err("Host: example.test");
  await client.write("Accept: */*\r\n");
  assert.match((await client.rest()).toString(), /^-ERR [^\r\n]+\r\n(?:-ERR [^\r\n]+\r\n)?$/);
});

test("RFC 1939 §7: a user name cannot leave the spool", async (t) => {
  const users = Object.fromEntries(
    ["..", "../alice", "a/../../b", "alice/../bob"].map((name) => [name, `{PLAIN}${PASSWORD}`]),
  );
  const gateway = await GatewayProcess.start(t, { users });
  for (const user of Object.keys(users)) {
    const client = await RawClient.connect(gateway.ports.none);
    await client.ok(`USER ${user}`);
    await client.err(`PASS ${PASSWORD}`);
    await client.quit();
  }
});

test("RFC 1939 §7: a password keeps its spaces", async (t) => {
  const password = " two  spaces and one behind ";
  const gateway = await GatewayProcess.start(t, { users: { alice: `{PLAIN}${password}` } });
  const client = await RawClient.login(gateway.ports.none, "alice", password);
  await client.quit();
  const trimmed = await RawClient.connect(gateway.ports.none);
  await trimmed.ok("USER alice");
  await trimmed.err(`PASS ${password.trim()}`);
});

test("an unmounted spool is [SYS/TEMP] at login, never 0 messages", async (t) => {
  const gateway = await GatewayProcess.start(t);
  await gateway.stop();
  gateway.writeConfiguration({ spool: { maildir: `${gateway.directory}/not-mounted/%{user}` } });
  await gateway.startAgain();
  const client = await RawClient.connect(gateway.ports.none);
  await client.ok("USER alice");
  const reply = await client.err(`PASS ${PASSWORD}`);
  assert.equal(reply.code, "SYS/TEMP");
  assert.doesNotMatch(reply.text, /password/i);
});
