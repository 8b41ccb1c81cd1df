// What one client, or a thousand, can cost the others. Bounds are generous, for loaded machines; the figures that were measured are
// printed as diagnostics, and stand in docs/operations.md.

import assert from "node:assert/strict";
import { appendFileSync, linkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { cleanUp } from "../support/clean-up.js";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { RawClient } from "../support/raw-client.js";

const MEBIBYTE = 1 << 20;
const SESSIONS = 50;
const LONGEST_SESSION_MS = 2_000;
const USERS = Object.fromEntries(
  ["alice", "bob", "carol", ...numberedUsers(10)].map((name) => [name, `{PLAIN}${PASSWORD}`]),
);
const UNLIMITED = { limits: { connections: 10_000, per_address: 10_000, per_account: 10 } };

function numberedUsers(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `user${n}`);
}

interface Measured {
  readonly longestMs: number;
  readonly grownMiB: number;
}

/** Runs whole sessions of another user and says how long the longest took, and how far the memory has grown since `before`. */
async function measureOthers(t: TestContext, gateway: GatewayProcess, before: number, what: string): Promise<Measured> {
  const spans: number[] = [];
  for (let n = 0; n < SESSIONS; n += 1) spans.push(await sessionOfBob(gateway));
  const sorted = spans.sort((a, b) => a - b);
  const measured = { longestMs: sorted.at(-1) ?? 0, grownMiB: (gateway.residentMemory() - before) / MEBIBYTE };
  const median = sorted[SESSIONS / 2] ?? 0;
  t.diagnostic(
    `${what}: others' sessions ${median.toFixed(1)} ms median, ${measured.longestMs.toFixed(1)} ms longest; memory +${measured.grownMiB.toFixed(1)} MiB`,
  );
  assert.ok(measured.longestMs < LONGEST_SESSION_MS, `a session of another user took ${measured.longestMs} ms`);
  return measured;
}

async function sessionOfBob(gateway: GatewayProcess): Promise<number> {
  const begun = performance.now();
  const client = await RawClient.login(gateway.ports.none, "bob", PASSWORD);
  await client.ok("STAT");
  await client.quit();
  return performance.now() - begun;
}

function destroyAll(clients: readonly RawClient[]): void {
  for (const client of clients) client.destroy();
}

async function startWithBob(t: TestContext): Promise<GatewayProcess> {
  const gateway = await GatewayProcess.start(t, {
    users: USERS,
    configuration: { ...UNLIMITED, log: { level: "info", format: "json" } },
  });
  gateway.maildir("bob").fillWithNumbered(10);
  for (let n = 0; n < SESSIONS; n += 1) await sessionOfBob(gateway);
  return gateway;
}

test("1,000 idle connections cost little memory and no latency", async (t) => {
  const gateway = await startWithBob(t);
  const before = gateway.residentMemory();
  const idle = await Promise.all(Array.from({ length: 1_000 }, () => RawClient.connect(gateway.ports.none)));
  cleanUp(t, () => destroyAll(idle));
  const { grownMiB } = await measureOthers(t, gateway, before, "1,000 idle connections");
  assert.ok(grownMiB < 64, `memory grew by ${grownMiB} MiB`);
});

test("200 idle TLS connections", async (t) => {
  const gateway = await startWithBob(t);
  const before = gateway.residentMemory();
  const tls = { rejectUnauthorized: false };
  const idle: RawClient[] = [];
  for (let n = 0; n < 200; n += 1) idle.push(await RawClient.connect(gateway.ports.implicit, { tls }));
  cleanUp(t, () => destroyAll(idle));
  const { grownMiB } = await measureOthers(t, gateway, before, "200 idle TLS connections");
  assert.ok(grownMiB < 64, `memory grew by ${grownMiB} MiB`);
});

test("clients that send one octet at a time, far apart", async (t) => {
  const gateway = await startWithBob(t);
  gateway.maildir("alice").fillWithNumbered(1);
  const slow = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  // A whole session of another user between two octets stands for the second that passes.
  for (const octet of "NOOP\r\n") {
    await slow.write(octet);
    await sessionOfBob(gateway);
  }
  assert.ok((await slow.reply()).ok);
  await slow.quit();
});

test("10 clients that ask for 100 MB and never read", async (t) => {
  const gateway = await startWithBob(t);
  const large = join(gateway.directory, "large");
  writeFileSync(large, "Subject: large\n\n");
  const block = "a line of a message that nobody wants to read\n".repeat(22_000);
  for (let n = 0; n < 104; n += 1) appendFileSync(large, block);
  const before = gateway.residentMemory();
  for (const user of numberedUsers(10)) {
    linkSync(large, join(gateway.maildir(user).path, "new", "1795000000.M1P1.host"));
    const client = await RawClient.login(gateway.ports.none, user, PASSWORD);
    client.socket.pause();
    cleanUp(t, () => client.destroy());
    await client.write("RETR 1\r\n");
  }
  const { grownMiB } = await measureOthers(t, gateway, before, "10 × RETR of 100 MB, never read");
  assert.ok(grownMiB < 64, `memory grew by ${grownMiB} MiB`);
});

test("RFC 2449 §6.6: 10,000 pipelined NOOPs are answered in order", async (t) => {
  const gateway = await startWithBob(t);
  gateway.maildir("alice").fillWithNumbered(1);
  const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  const before = gateway.residentMemory();
  const writing = client.write(`${"NOOP\r\n".repeat(10_000)}STAT\r\n`);
  const begun = performance.now();
  const others = measureOthers(t, gateway, before, "10,000 pipelined NOOPs");
  for (let n = 0; n < 10_000; n += 1) assert.ok((await client.reply()).ok);
  assert.match((await client.reply()).text, /^1 /);
  t.diagnostic(`10,000 NOOPs were answered in ${(performance.now() - begun).toFixed(0)} ms`);
  await writing;
  assert.ok((await others).grownMiB < 32);
  await client.quit();
});

test("RFC 2449 §6.6: 2,000 pipelined RETRs are answered in order, though the client reads late", async (t) => {
  const gateway = await startWithBob(t);
  const maildir = gateway.maildir("alice");
  for (let n = 1; n <= 2_000; n += 1)
    maildir.add({ what: `${n}`, octets: Buffer.from(`Subject: ${n}\n\n${"body\n".repeat(2_000)}`) });
  const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  const before = gateway.residentMemory();
  client.socket.pause();
  const writing = client.write(Array.from({ length: 2_000 }, (_, n) => `RETR ${n + 1}\r\n`).join(""));
  const { grownMiB } = await measureOthers(t, gateway, before, "2,000 pipelined RETRs, not yet read");
  assert.ok(grownMiB < 64, `memory grew by ${grownMiB} MiB`);
  client.socket.resume();
  for (let n = 1; n <= 2_000; n += 1) {
    const { body } = await client.multiLineReply(`RETR ${n}`);
    assert.ok(body.subarray(0, 20).toString().startsWith(`Subject: ${n}\r\n`));
  }
  await writing;
  await client.quit();
});

test("a maildrop of 20,000 messages does not hold up others while it is opened for the first time", async (t) => {
  const gateway = await startWithBob(t);
  gateway.maildir("carol").fillWithNumbered(20_000);
  const before = gateway.residentMemory();
  const begun = performance.now();
  const opening = RawClient.login(gateway.ports.none, "carol", PASSWORD);
  const others = measureOthers(t, gateway, before, "first login to 20,000 messages under way");
  const client = await opening;
  t.diagnostic(`the first login to 20,000 messages took ${(performance.now() - begun).toFixed(0)} ms`);
  await others;
  assert.match((await client.ok("STAT")).text, /^20000 /);
  await client.quit();
  const again = performance.now();
  const next = await RawClient.login(gateway.ports.none, "carol", PASSWORD);
  t.diagnostic(`the second one took ${(performance.now() - again).toFixed(0)} ms`);
  await next.quit();
});

test("an endless command line before login costs nothing, and the connection lives", async (t) => {
  const gateway = await startWithBob(t);
  const before = gateway.residentMemory();
  const client = await RawClient.connect(gateway.ports.none);
  for (let n = 0; n < 128; n += 1) await client.write("x".repeat(MEBIBYTE));
  await client.write("\r\n");
  assert.equal((await client.reply()).ok, false);
  const { grownMiB } = await measureOthers(t, gateway, before, "a command line of 128 MiB");
  assert.ok(grownMiB < 64, `memory grew by ${grownMiB} MiB`);
  await client.multiLine("CAPA");
  await client.quit();
});
