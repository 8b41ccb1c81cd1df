// `postigo who` and `postigo kick` where not all goes well: an UPDATE that takes long, workers that hang, a hand-over meanwhile.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { cleanUp } from "../support/clean-up.js";
import { until } from "../support/eventually.js";
import { freePort } from "../support/free-port.js";
import { type GatewayOptions, GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { RawClient } from "../support/raw-client.js";
import { needsStrace, slowedBy } from "../support/strace.js";

const USERS = { alice: `{PLAIN}${PASSWORD}`, bob: `{PLAIN}${PASSWORD}` };

async function serving(t: TestContext, configuration: object, options: GatewayOptions = {}): Promise<GatewayProcess> {
  const control = { socket: "control.sock" };
  return GatewayProcess.start(t, { users: USERS, configuration: { control, ...configuration }, ...options });
}

async function pool(t: TestContext, configuration: object = {}): Promise<GatewayProcess> {
  const gateway = await serving(t, { workers: 2, lock: { wait: "0s" }, ...configuration });
  await gateway.eventsNamed("gateway-started", 2);
  return gateway;
}

async function usersIn(gateway: GatewayProcess): Promise<{ silent: number; users: readonly unknown[] }> {
  const { status, stdout, stderr } = await gateway.command("who", "--json");
  assert.equal(status, 0, stderr);
  const { silent, sessions } = JSON.parse(stdout.toString());
  return { silent, users: sessions.map(({ user }: { user: unknown }) => user).sort() };
}

const workersOf = (gateway: GatewayProcess): readonly number[] =>
  gateway.events.filter(({ event }) => event === "gateway-started").map(({ pid }) => Number(pid));

/** Stops processes dead, and lets them go on with the test's end at the latest. */
function hang(t: TestContext, pids: readonly number[]): () => void {
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  const hanging = new Set(pids);
  const goOn = () => {
    for (const pid of hanging) process.kill(pid, "SIGCONT");
    hanging.clear();
  };
  cleanUp(t, goOn);
  return goOn;
}

test(
  "kick says that a session is not over while its UPDATE goes on, with 75; it ends in peace",
  needsStrace(),
  async (t) => {
    const gateway = await serving(t, {}, { through: slowedBy(40, "unlink", "unlinkat") });
    const maildir = gateway.maildir().fillWithNumbered(500);
    const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
    for (let number = 1; number <= 499; number += 1) await client.ok(`DELE ${number}`);
    await client.write("QUIT\r\n");
    await until("some messages are removed", () => maildir.count < 500);
    const kicked = await gateway.command("kick", "alice");
    assert.equal(kicked.status, 75, kicked.stderr);
    assert.match(kicked.stderr, /^\S+-1 is not over yet: its UPDATE goes on and is finished first; see postigo who\n$/);
    assert.ok(maildir.count > 1, "it is true");
    assert.match((await client.rest()).toString("latin1"), /^\+OK [^\r\n]+\r\n$/);
    client.destroy();
    assert.equal(maildir.count, 1);
    await gateway.event("session-closed");
    assert.equal((await gateway.command("kick", "alice")).status, 66);
    await gateway.stop();
  },
);

test("a worker that hangs: who shows the others and says so; kick does not claim to have heard from it", async (t) => {
  const gateway = await pool(t);
  const [first = 0] = workersOf(gateway);
  hang(t, [first]);
  const { status, stdout, stderr } = await gateway.command("who", "--json");
  assert.equal(status, 0, stderr);
  assert.deepEqual(JSON.parse(stdout.toString()), { silent: 1, sessions: [] });
  const kicked = await gateway.command("kick", "alice");
  assert.equal(kicked.status, 75);
  assert.match(
    kicked.stderr,
    /no session .* among those that answered; 1 of the server's processes did not answer in time/,
  );
});

test("a kick that a hanging worker did not hear in time is not done later, when it would hit somebody else", async (t) => {
  const gateway = await pool(t);
  const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  const goOn = hang(t, workersOf(gateway));
  assert.equal((await gateway.command("kick", "alice")).status, 75);
  goOn();
  await until("both answer again", async () => (await usersIn(gateway)).silent === 0);
  await client.ok("NOOP");
  await client.quit();
  assert.deepEqual(
    gateway.events.filter(({ event }) => event === "sessions-kicked"),
    [],
  );
  await gateway.stop();
});

test("at a hand-over who and kick reach old and new workers, /readyz never fails, and the old take no door with them", async (t) => {
  const port = await freePort();
  const gateway = await pool(t, { metrics: { port } });
  const old = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  const answers: number[] = [];
  let isOver = false;
  const asking = (async () => {
    while (!isOver) answers.push((await fetch(`http://127.0.0.1:${port}/readyz`)).status);
  })();
  gateway.signal("SIGUSR2");
  await gateway.event("handed-over");
  await gateway.eventsNamed("gateway-retiring", 2);
  const fresh = await RawClient.login(gateway.ports.none, "bob", PASSWORD);
  assert.deepEqual(await usersIn(gateway), { silent: 0, users: ["alice", "bob"] });
  assert.equal((await gateway.command("kick", "alice")).status, 0);
  assert.equal((await old.rest()).length, 0);
  old.destroy();
  await gateway.eventsNamed("gateway-stopped", 2);
  assert.deepEqual(await usersIn(gateway), { silent: 0, users: ["bob"] });
  isOver = true;
  await asking;
  assert.deepEqual([...new Set(answers)], [200]);
  assert.ok(existsSync(join(gateway.directory, "control.sock")));
  await fresh.quit();
  await gateway.stop();
  assert.ok(!existsSync(join(gateway.directory, "control.sock")));
});
