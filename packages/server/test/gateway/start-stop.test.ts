import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { createGateway, createMemoryMaildrop } from "#server/index";
import { recordedMaildrop } from "../support/memory-maildrops.js";
import { dial } from "../support/pop3-client.js";
import { tempDirectory } from "../support/temp-directory.js";
import { gate, turn, until } from "../support/until.js";
import { configOf, freePort, PLAIN, scene, spool, started } from "./support.js";

/** Resolves true if somebody else can have the port. */
const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });

test("a start that finds a busy port rejects, and gives back the ports it had", async (t) => {
  const one = await started(t);
  const port = await freePort();
  const two = scene(t, {
    listen: [
      { ...PLAIN, port },
      { ...PLAIN, port: one.port() },
    ],
  });
  await assert.rejects(two.gateway.start(), { code: "EADDRINUSE" });
  assert.deepEqual(two.gateway.addresses, []);
  assert.equal(await isFree(port), true);
  assert.equal(await two.gateway.reload(), "kept");
  await two.gateway.stop();
});

test("a start that fails writes out what it has logged", async (t) => {
  const one = await started(t);
  const file = join(tempDirectory(t), "postigo.log");
  const config = configOf({ listen: [PLAIN, { ...PLAIN, port: one.port() }], log: { file } });
  const overrides = { authenticate: async () => true, openMaildrop: () => createMemoryMaildrop([]) };
  await assert.rejects(createGateway(config, overrides).start(), { code: "EADDRINUSE" });
  await assert.rejects(createGateway(configOf({ log: { file: "/nowhere/at/all" } }), overrides).start());
  assert.match(readFileSync(file, "utf8"), / listening /);
});

test("a gateway is started once and stopped once, however often it is asked", async (t) => {
  const { gateway, log, port } = scene(t);
  assert.deepEqual(gateway.addresses, []);
  assert.equal(await gateway.reload(), "kept");
  await Promise.all([gateway.start(), gateway.start()]);
  assert.equal(log.of("gateway-started").length, 1);
  const at = port();
  await Promise.all([gateway.stop(), gateway.stop()]);
  await gateway.stop();
  assert.equal(log.of("gateway-stopped").length, 1);
  assert.equal(await isFree(at), true);
  assert.equal(await gateway.reload(), "kept");
  await assert.rejects(gateway.start(), /was stopped/);
});

test("a stop during the start waits for it, and then stops", async (t) => {
  const { gateway, log } = scene(t);
  await Promise.all([gateway.start(), gateway.stop()]);
  assert.deepEqual(
    log.events.map(({ name }) => name).filter((name) => name.startsWith("gateway")),
    ["gateway-started", "gateway-stopping", "gateway-stopped"],
  );
});

test("stop ends idle sessions at once and without UPDATE, with the words of POP3", async (t) => {
  const { maildrop, record } = recordedMaildrop([{ content: "one\n" }]);
  const { gateway, port, log } = await started(t, {}, { openMaildrop: () => maildrop });
  const client = await dial(t, port());
  await client.login();
  await client.ask("DELE 1");
  const stopped = gateway.stop();
  assert.match((await client.rest()).toString(), /^-ERR [^\r\n]+\r\n$/);
  client.end();
  await stopped;
  assert.deepEqual(record, { removed: [], marked: [], closed: 1, open: 0 });
  assert.equal(log.of("session-closed")[0]?.reason, "shutdown");
});

test("stop waits for an UPDATE under way, whose QUIT is answered", async (t) => {
  const removal = gate<undefined>();
  const { maildrop, record } = recordedMaildrop([{ content: "one\n" }]);
  const slow: typeof maildrop = {
    ...maildrop,
    remove: async (positions) => {
      await removal.promise;
      return maildrop.remove(positions);
    },
  };
  const { gateway, port } = await started(t, {}, { openMaildrop: () => slow });
  const client = await dial(t, port());
  await client.login();
  await client.send("DELE 1\r\nQUIT\r\n").line();
  let hasStopped = false;
  const stopped = gateway.stop().then(() => {
    hasStopped = true;
  });
  for (let turns = 0; turns < 20; turns++) await turn();
  assert.equal(hasStopped, false);
  removal.open(undefined);
  assert.match((await client.rest()).toString(), /^\+OK/);
  client.end();
  await stopped;
  assert.deepEqual(record.removed, [0]);
});

test("stop waits 30 s for stragglers, and 5 s more for a disk that does not answer", async (t) => {
  const { maildrop } = recordedMaildrop([{ content: "one\n" }]);
  const hanging = { ...maildrop, remove: () => gate<never>().promise };
  const { gateway, port, clock, log } = await started(t, {}, { openMaildrop: () => hanging });
  const client = await dial(t, port());
  await client.login();
  await client.send("DELE 1\r\nQUIT\r\n").line();
  const stopped = gateway.stop();
  await until(() => log.of("gateway-stopping").length === 1);
  await turn();
  clock.advance(29_999);
  assert.equal(client.socket.destroyed, false);
  clock.advance(1);
  assert.equal((await client.rest()).length, 0);
  clock.advance(5_000);
  await stopped;
});

test("a stop during a reload leaves no listener behind", async (t) => {
  const made = await started(t);
  const port = made.port();
  made.next = configOf({ listen: [PLAIN, PLAIN, { ...PLAIN, port }] });
  made.log.onEvent = (name) => {
    if (name === "listening") void made.gateway.stop();
  };
  await made.gateway.reload();
  await made.gateway.stop();
  for (const { port: bound } of made.log.of("listening")) assert.equal(await isFree(bound), true);
});

test("one session from a real Maildir: collected, deleted, and the spool as it was but for the mail", async (t) => {
  const directory = tempDirectory(t);
  const { root, users, maildir } = spool(directory);
  const config = configOf({ spool: { maildir: root }, accounts: [{ type: "users-file", path: users }] });
  const file = join(directory, "log");
  const gateway = createGateway({ ...config, log: { ...config.log, file } });
  await gateway.start();
  t.after(() => gateway.stop());
  const client = await dial(t, gateway.addresses[0]?.port ?? 0);
  assert.match((await client.login()) ?? "", /^\+OK 1 /);
  assert.equal(existsSync(join(maildir, "postigo.lock")), true);
  const answer = await client.end("RETR 1\r\nDELE 1\r\nQUIT\r\n").rest();
  assert.match(
    answer.toString(),
    /^\+OK 24 octets\r\nSubject: hello\r\n\r\nbody\r\n\.\r\n\+OK[^\r]*\r\n\+OK[^\r]*\r\n$/,
  );
  await gateway.stop();
  assert.deepEqual([...readdirSync(join(maildir, "new")), ...readdirSync(join(maildir, "cur"))], []);
  assert.equal(existsSync(join(maildir, "postigo.lock")), false);
  assert.match(readFileSync(file, "utf8"), /message-removed.* uid=1700000000\.M1P1\.host/);
});
