// SIGUSR2 to a pool: new workers listen before the old ones retire. Nobody is refused, no mail is lost, no response is cut.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { startDiligentClient } from "../support/diligent-client.js";
import { until } from "../support/eventually.js";
import { freePort } from "../support/free-port.js";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { RawClient } from "../support/raw-client.js";

const USERS = ["alice", "bob", "carol", "dave"];
const ACCOUNTS = Object.fromEntries(USERS.map((user) => [user, `{PLAIN}${PASSWORD}`]));
const SHUTDOWN = /^-ERR \[SYS\/TEMP\] [^\r\n]+\r\n$/;

const pool = (t: TestContext, changes: Readonly<Record<string, unknown>> = {}): Promise<GatewayProcess> =>
  startedPool(t, { users: ACCOUNTS, configuration: { workers: 2, ...changes } });

async function startedPool(
  t: TestContext,
  options: Parameters<typeof GatewayProcess.start>[1],
): Promise<GatewayProcess> {
  const gateway = await GatewayProcess.start(t, options);
  await gateway.eventsNamed("gateway-started", 2);
  return gateway;
}

/** Resolves once the new workers serve and the old ones have been told. */
async function handOver(gateway: GatewayProcess): Promise<void> {
  const before = gateway.events.length;
  gateway.signal("SIGUSR2");
  await gateway.event("handed-over", undefined, before);
}

test("three hand-overs under load refuse no connection, cut no session, and lose or repeat no mail", async (t) => {
  const gateway = await pool(t);
  const clients = USERS.map((user) => startDiligentClient(t, gateway, user));
  const sessions = (): number => clients.reduce((sum, client) => sum + client.sessions, 0);
  for (let round = 1; round <= 3; round += 1) {
    const before = clients.map((client) => client.sessions);
    await until("sessions before", () => clients.every((client, n) => client.sessions >= (before[n] ?? 0) + 5));
    await handOver(gateway);
    const after = clients.map((client) => client.sessions);
    await until("sessions after", () => clients.every((client, n) => client.sessions >= (after[n] ?? 0) + 5));
  }
  await Promise.all(clients.map((client) => client.stop()));
  await gateway.eventsNamed("gateway-stopped", 6);
  assert.deepEqual(
    clients.map(({ faults }) => faults),
    USERS.map(() => []),
  );
  for (const client of clients) client.expectEachMailOnce();
  t.diagnostic(`${sessions()} sessions over 3 hand-overs: 0 refused, 0 cut, 0 lost`);
  await gateway.stop();
});

test("a session that is open at a hand-over goes on in the old worker, which ends after it", async (t) => {
  const gateway = await pool(t);
  const maildir = gateway.maildir().fillWithNumbered(3);
  const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  await handOver(gateway);
  await client.ok("DELE 1");
  assert.ok((await client.quit()).ok);
  assert.equal(maildir.count, 2);
  await gateway.eventsNamed("gateway-stopped", 2);
  await gateway.stop();
});

test("RFC 1939 §6: a session that outstays timeouts.drain is ended with [SYS/TEMP] and removes nothing", async (t) => {
  const gateway = await pool(t, { timeouts: { drain: "0s" } });
  const maildir = gateway.maildir().fillWithNumbered(3);
  const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  await client.ok("DELE 1");
  await handOver(gateway);
  assert.match((await client.rest()).toString(), SHUTDOWN);
  client.destroy();
  assert.equal(maildir.count, 3);
  const next = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  assert.match((await next.ok("STAT")).text, /^3 /);
  await next.quit();
  await gateway.stop();
});

test("a timeouts.drain that a reload has brought holds for a hand-over after it, and drops nobody before", async (t) => {
  const gateway = await pool(t);
  const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  gateway.writeConfiguration({ workers: 2, timeouts: { drain: "0s" } });
  await gateway.eventsNamed("reloaded", 2);
  await client.ok("NOOP");
  await handOver(gateway);
  assert.match((await client.rest()).toString(), SHUTDOWN);
  client.destroy();
  await gateway.stop();
});

test("a response that is being sent when timeouts.drain is over is sent to its end, and then the session ends", async (t) => {
  const gateway = await pool(t, { timeouts: { drain: "0s" } });
  const body = "a line of text that is sent to its end\r\n".repeat(500_000);
  gateway.maildir().add({ what: "large", octets: Buffer.from(`Subject: large\r\n\r\n${body}`) });
  const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  client.socket.pause();
  await client.write("RETR 1\r\n");
  await handOver(gateway);
  await gateway.eventsNamed("gateway-retiring", 2);
  await gateway.eventsNamed("gateway-stopped", 1);
  client.socket.resume();
  assert.equal((await client.multiLineReply("RETR")).body.toString("latin1").endsWith(body), true);
  assert.match((await client.rest()).toString(), SHUTDOWN);
  client.destroy();
  await gateway.stop();
});

test("a second hand-over reads the configuration anew, the number of workers too", async (t) => {
  const gateway = await pool(t);
  gateway.writeConfiguration({ workers: 3 });
  await gateway.eventsNamed("restart-needed", 2);
  await handOver(gateway);
  await gateway.eventsNamed("gateway-stopped", 2);
  assert.equal((await gateway.eventsNamed("gateway-started", 5)).length, 5);
  await gateway.stop();
});

test("a configuration that cannot be served leaves the old workers in force, and the log says why", async (t) => {
  const gateway = await pool(t);
  writeFileSync(gateway.configurationFile, "listen:\n  - { adress: 127.0.0.1 }\n");
  gateway.signal("SIGUSR2");
  assert.match(String((await gateway.event("hand-over-failed"))["error"]), /postigo\.yaml:2:\d+:.*adress/s);
  await (await RawClient.login(gateway.ports.none, "alice", PASSWORD)).quit();
  await gateway.stop();
});

test("new workers that cannot start leave the old ones in force", async (t) => {
  const gateway = await pool(t);
  // A port that another gateway has: only a bind finds that out.
  const other = await GatewayProcess.start(t);
  const kept = { address: "127.0.0.1", port: await freePort(), tls: "none" };
  gateway.writeConfiguration({ listen: [kept, { ...kept, port: other.ports.none }] });
  await gateway.eventsNamed("reload-failed", 2);
  gateway.signal("SIGUSR2");
  await gateway.event("hand-over-failed");
  await (await RawClient.login(gateway.ports.none, "alice", PASSWORD)).quit();
  assert.deepEqual(
    gateway.events.filter(({ event }) => event === "gateway-retiring" || event === "worker-died"),
    [],
  );
  await gateway.stop();
});

test("SIGUSR2 to a single process changes nothing; the log says what to do instead", async (t) => {
  const gateway = await GatewayProcess.start(t);
  const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  gateway.signal("SIGUSR2");
  assert.match(String((await gateway.event("hand-over-failed"))["error"]), /workers: 2/);
  await client.quit();
  await gateway.stop();
});
