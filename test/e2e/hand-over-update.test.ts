// UPDATE at the moment of a hand-over, or of the end of the service: it runs to its end or not at all, its answer is true, and no message is lost or comes back.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { until } from "../support/eventually.js";
import { type GatewayOptions, GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import type { MaildirFixture } from "../support/maildir-fixture.js";
import { RawClient } from "../support/raw-client.js";
import { needsStrace, slowedBy } from "../support/strace.js";

const USERS = ["alice", "bob", "carol", "dave", "erin", "frank"];
const MESSAGES = 1000;
const KEPT = 3;
const SHUTDOWN = /^-ERR \[SYS\/TEMP\] [^\r\n]+\r\n$/;

interface Deleting {
  readonly user: string;
  readonly client: RawClient;
  readonly maildir: MaildirFixture;
  /** Files of the messages that are not marked as deleted. */
  readonly kept: readonly string[];
}

async function pool(t: TestContext, drain: string, options: GatewayOptions = {}): Promise<GatewayProcess> {
  const users = Object.fromEntries(USERS.map((user) => [user, `{PLAIN}${PASSWORD}`]));
  const configuration = { workers: 2, timeouts: { drain }, lock: { wait: "0s" } };
  const gateway = await GatewayProcess.start(t, { users, configuration, ...options });
  await gateway.eventsNamed("gateway-started", 2);
  return gateway;
}

const workersOf = async (gateway: GatewayProcess): Promise<readonly number[]> =>
  (await gateway.eventsNamed("gateway-started", 2)).map(({ pid }) => Number(pid));

/** A session that has marked all but the last three of 1,003 messages, and has yet to say QUIT. */
async function deleting(gateway: GatewayProcess, user: string): Promise<Deleting> {
  const maildir = gateway.maildir(user).fillWithNumbered(MESSAGES + KEPT);
  const client = await RawClient.login(gateway.ports.none, user, PASSWORD);
  const numbers = Array.from({ length: MESSAGES }, (_, n) => n + 1);
  await client.write(numbers.map((number) => `DELE ${number}\r\n`).join(""));
  for (const number of numbers) assert.ok((await client.reply()).ok, `DELE ${number}`);
  return { user, client, maildir, kept: maildir.files().sort(byTime).slice(MESSAGES) };
}

const timeOf = (file: string): number => Number(/(\d+)\./.exec(file)?.[1]);
const byTime = (one: string, other: string): number => timeOf(one) - timeOf(other);

/** What QUIT was answered, and that the maildrop is as the answer says, for the next session too. */
async function outcome(
  gateway: GatewayProcess,
  { user, client, maildir, kept }: Deleting,
): Promise<"updated" | "ended"> {
  const said = (await client.rest()).toString("latin1");
  client.destroy();
  const isUpdated = said.startsWith("+OK");
  assert.match(said, isUpdated ? /^\+OK [^\r\n]+\r\n$/ : SHUTDOWN);
  assert.equal(maildir.count, isUpdated ? KEPT : MESSAGES + KEPT, `${user} was told ${said}`);
  const next = await RawClient.login(gateway.ports.none, user, PASSWORD);
  const listed = (await next.lines("UIDL")).map((line) => line.split(" ")[1] ?? "");
  await next.quit();
  assert.equal(listed.length, maildir.count);
  assert.ok(kept.every((file) => listed.includes(file.replace(/^new\//, ""))));
  return isUpdated ? "updated" : "ended";
}

async function handOver(gateway: GatewayProcess): Promise<void> {
  gateway.signal("SIGUSR2");
  await gateway.event("handed-over");
}

test("QUIT with 1,000 deletions while the old worker drains: all are removed, and +OK is true", async (t) => {
  const gateway = await pool(t, "1m");
  const sessions = await Promise.all(USERS.map((user) => deleting(gateway, user)));
  await handOver(gateway);
  await gateway.eventsNamed("gateway-retiring", 2);
  await Promise.all(sessions.map(({ client }) => client.write("QUIT\r\n")));
  for (const session of sessions) assert.equal(await outcome(gateway, session), "updated");
  await gateway.eventsNamed("gateway-stopped", 2);
  await gateway.stop();
});

/** For each user what is waited for before QUIT; the last one is too late for certain. */
const MOMENTS = [
  "gateway-started",
  "hand-over-started",
  "handed-over",
  "handed-over",
  "gateway-retiring",
  "gateway-stopped",
];

test("QUIT with 1,000 deletions at each moment of a hand-over that waits for nobody: to the end, or not at all", async (t) => {
  const gateway = await pool(t, "0s");
  const sessions = await Promise.all(USERS.map((user) => deleting(gateway, user)));
  gateway.signal("SIGUSR2");
  const outcomes = await Promise.all(
    sessions.map(async (session, n) => {
      await gateway.event(MOMENTS[n] ?? "");
      await session.client.write("QUIT\r\n").catch(() => undefined);
      return outcome(gateway, session);
    }),
  );
  assert.equal(outcomes[0], "updated");
  assert.equal(outcomes.at(-1), "ended");
  t.diagnostic(outcomes.join(" "));
  await gateway.stop();
});

test(
  "an UPDATE that is under way when the drain is over is finished and answered; until then nobody else is let in",
  needsStrace(),
  async (t) => {
    const gateway = await pool(t, "0s", { through: slowedBy(5, "unlink", "unlinkat") });
    const workers = await workersOf(gateway);
    const session = await deleting(gateway, "alice");
    await session.client.write("QUIT\r\n");
    await until("some messages are removed", () => session.maildir.count < MESSAGES);
    // However long new workers take to start, the update waits for them.
    for (const pid of workers) process.kill(pid, "SIGSTOP");
    await handOver(gateway);
    assert.ok(session.maildir.count > KEPT + 100, "the update is still under way");
    const early = await RawClient.connect(gateway.ports.none);
    await early.ok("USER alice");
    assert.equal((await early.err(`PASS ${PASSWORD}`)).code, "IN-USE");
    early.destroy();
    for (const pid of workers) process.kill(pid, "SIGCONT");
    await gateway.eventsNamed("gateway-retiring", 2);
    assert.equal(await outcome(gateway, session), "updated");
    await gateway.eventsNamed("gateway-stopped", 2);
    await gateway.stop();
  },
);

test(
  "an UPDATE that is under way when the manager of services tells every process to end is finished and answered",
  needsStrace(),
  async (t) => {
    const gateway = await pool(t, "1m", { through: slowedBy(5, "unlink", "unlinkat") });
    const workers = await workersOf(gateway);
    const session = await deleting(gateway, "alice");
    await session.client.write("QUIT\r\n");
    await until("some messages are removed", () => session.maildir.count < MESSAGES);
    for (const pid of workers) process.kill(pid, "SIGTERM");
    gateway.signal("SIGTERM");
    for (const pid of workers) process.kill(pid, "SIGTERM");
    assert.match((await session.client.rest()).toString("latin1"), /^\+OK [^\r\n]+\r\n$/);
    session.client.destroy();
    assert.equal(await gateway.ended(), 0);
    assert.equal(session.maildir.count, KEPT);
    assert.equal(gateway.events.filter(({ event }) => event === "message-removed").length, MESSAGES);
  },
);
