// `postigo who` and `postigo kick` against the server they belong to, with one process and with several.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { cleanUp } from "../support/clean-up.js";
import { until } from "../support/eventually.js";
import { GatewayProcess, PASSWORD, POSTIGO } from "../support/gateway-process.js";
import { RawClient } from "../support/raw-client.js";
import { type Finished, run } from "../support/real-client.js";

const USERS = { alice: `{PLAIN}${PASSWORD}`, bob: `{PLAIN}${PASSWORD}` };

const postigo = (...args: readonly string[]): Promise<Finished> => run(process.execPath, [POSTIGO, ...args]);

interface Row {
  readonly session: string;
  readonly user: string | null;
  readonly state: string;
  readonly address: string;
  readonly octetsOut: number;
  readonly idle: number;
}

const socketOf = (gateway: GatewayProcess): string => join(gateway.directory, "control.sock");

async function who(gateway: GatewayProcess): Promise<readonly Row[]> {
  const { status, stdout, stderr } = await postigo("who", "--json", "--config", gateway.configurationFile);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout.toString()).sessions;
}

const serving = (t: Parameters<typeof GatewayProcess.start>[0], configuration: object = {}): Promise<GatewayProcess> =>
  GatewayProcess.start(t, {
    users: USERS,
    configuration: { control: { socket: "control.sock" }, ...configuration },
  });

for (const workers of [1, 3]) {
  test(`who shows the sessions of all processes, and kick ends those of a user without UPDATE (workers: ${workers})`, async (t) => {
    const gateway = await serving(t, { workers, lock: { wait: "0s" } });
    gateway.maildir("alice").fillWithNumbered(3);
    gateway.maildir("bob").fillWithNumbered(1);
    await gateway.eventsNamed("gateway-started", workers);
    const alice = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
    const bob = await RawClient.login(gateway.ports.none, "bob", PASSWORD);
    const stranger = await RawClient.connect(gateway.ports.none);
    await alice.ok("DELE 1");
    const rows = await who(gateway);
    assert.deepEqual(
      rows.map(({ user, state, address }) => [user, state, address]),
      [
        ["alice", "TRANSACTION", "127.0.0.1"],
        ["bob", "TRANSACTION", "127.0.0.1"],
        [null, "AUTHORIZATION", "127.0.0.1"],
      ],
    );
    const kicked = await postigo("kick", "alice", "--config", gateway.configurationFile);
    assert.equal(kicked.status, 0, kicked.stderr);
    assert.match(kicked.stdout.toString(), /alice/);
    assert.match(kicked.stderr, /1 ended; nothing was removed/);
    assert.equal((await alice.rest()).length, 0, "it ends without a word");
    const again = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
    assert.match((await again.ok("STAT")).text, /^3 /, "the lock is free, and the marked message stands");
    await bob.ok("NOOP");
    await stranger.ok("CAPA");
    assert.equal((await gateway.event("session-closed", ({ reason }) => reason === "kicked")).user, "alice");
    await gateway.stop();
    assert.ok(!existsSync(socketOf(gateway)), "the socket goes with its server");
  });
}

test("kick ends one session by its name, also before its login", async (t) => {
  const gateway = await serving(t);
  gateway.maildir("alice").fillWithNumbered(1);
  const stranger = await RawClient.connect(gateway.ports.none);
  const [row] = await who(gateway);
  assert.ok(row);
  const { status } = await postigo("kick", row.session, "--socket", socketOf(gateway));
  assert.equal(status, 0);
  await stranger.end();
  const unknown = await postigo("kick", row.session, "--socket", socketOf(gateway));
  assert.equal(unknown.status, 66);
  assert.match(unknown.stderr, /no session is called .* see postigo who/);
});

test("kick ends a session in the middle of a message that its client does not read: no terminator, and the lock is free", async (t) => {
  const gateway = await serving(t, { lock: { wait: "0s" } });
  gateway.maildir("alice").add({
    what: "a big one",
    octets: Buffer.from(`Subject: big\n\n${"x".repeat(70).concat("\n").repeat(400_000)}`),
  });
  const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  client.socket.pause();
  await client.write("RETR 1\r\n");
  await until("the message is under way", async () =>
    (await who(gateway)).some(({ octetsOut }) => octetsOut > 100_000),
  );
  const { status, stderr } = await postigo("kick", "alice", "--socket", socketOf(gateway));
  assert.equal(status, 0, stderr);
  const again = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  assert.match((await again.ok("STAT")).text, /^1 /);
  client.socket.resume();
  const body = await client.rest();
  assert.ok(body.length < 28_000_000 && !body.toString("latin1").endsWith("\r\n.\r\n"));
});

test("quick mode has the socket too", async (t) => {
  const gateway = await serving(t);
  const path = join(gateway.directory, "quick.sock");
  const maildir = gateway.maildir("alice");
  maildir.fillWithNumbered(1);
  const words = ["serve", "--listen", "127.0.0.1:0", "--maildir", maildir.path, "--user", "x:y"];
  const server = spawn(process.execPath, [POSTIGO, ...words, "--control.socket", path], { stdio: "ignore" });
  const ended = once(server, "exit");
  cleanUp(t, () => void server.kill("SIGKILL"));
  await until("the socket", () => existsSync(path));
  const { status, stderr } = await postigo("who", "--socket", path);
  assert.equal(status, 0, stderr);
  assert.match(stderr, /^0 sessions$/m);
  server.kill("SIGTERM");
  assert.deepEqual(await ended, [0, null]);
});

test("the socket is its user's alone, replaces that of a server that was killed, and never that of one that lives", async (t) => {
  const gateway = await serving(t);
  assert.equal(statSync(socketOf(gateway)).mode & 0o777, 0o600);
  const second = await postigo("serve", "--config", gateway.configurationFile);
  assert.equal(second.status, 69);
  assert.match(second.stderr, /control\.sock belongs to a server that runs/);
  assert.deepEqual(await who(gateway), [], "the first still answers");
  await gateway.kill();
  assert.ok(existsSync(socketOf(gateway)), "kill -9 leaves it");
  const gone = await postigo("who", "--config", gateway.configurationFile);
  assert.equal(gone.status, 69);
  assert.match(gone.stderr, /its server is gone; start postigo serve/);
  await gateway.startAgain();
  assert.deepEqual(await who(gateway), []);
});

test("a symbolic link or a file at the path is refused and stays", async (t) => {
  const gateway = await serving(t);
  await gateway.stop();
  const target = join(gateway.directory, "target");
  writeFileSync(target, "precious");
  symlinkSync(target, socketOf(gateway));
  const { status, stderr } = await postigo("serve", "--config", gateway.configurationFile);
  assert.equal(status, 73);
  assert.match(stderr, /control\.sock is there and is no socket; remove it, or name another path/);
  assert.equal(statSync(socketOf(gateway)).size, 8);
});

test("who says what to do where no socket is configured, or none is there", async (t) => {
  const gateway = await GatewayProcess.start(t);
  const unset = await postigo("who", "--config", gateway.configurationFile);
  assert.equal(unset.status, 78);
  assert.match(unset.stderr, /control\.socket is not set.*--socket/);
  const missing = await postigo("who", "--socket", join(gateway.directory, "none.sock"));
  assert.equal(missing.status, 69);
  assert.match(missing.stderr, /does not exist: no server runs with it/);
});

const BAD_REQUESTS = [
  { name: "no JSON", octets: "hello\n", answer: /does not know the request/ },
  { name: "another version", octets: '{"version":2,"command":"who"}\n', answer: /of the same version/ },
  { name: "an endless line", octets: "x".repeat(10_000), answer: /too long/ },
] as const;

for (const { name, octets, answer } of BAD_REQUESTS) {
  test(`the control socket answers ${name} with an error, and goes on`, async (t) => {
    const gateway = await serving(t);
    const socket = connect(socketOf(gateway));
    t.after(() => socket.destroy());
    socket.end(octets);
    let text = "";
    for await (const chunk of socket) text += chunk;
    assert.match(JSON.parse(text).error, answer);
    assert.deepEqual(await who(gateway), []);
  });
}
