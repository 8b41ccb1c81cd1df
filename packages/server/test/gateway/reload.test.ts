import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { test } from "node:test";
import type { ConfigInput } from "#server/index";
import { makeCertificate } from "../support/make-certificate.js";
import { dial, dialTls } from "../support/pop3-client.js";
import { tempDirectory } from "../support/temp-directory.js";
import { until } from "../support/until.js";
import { configOf, freePort, PLAIN, spool, started } from "./support.js";

test("a reload puts new accounts in force; a session that stands goes on", async (t) => {
  const { users, root } = spool(tempDirectory(t));
  const config = { spool: { maildir: root }, accounts: [{ type: "users-file", path: users }] } satisfies ConfigInput;
  const { gateway, port, log } = await started(t, config, { authenticate: undefined, openMaildrop: undefined });
  const standing = await dial(t, port());
  assert.match((await standing.login()) ?? "", /^\+OK/);
  const waiting = await dial(t, port());
  await waiting.line();
  writeFileSync(users, "ana:{PLAIN}changed\nben:{PLAIN}secret\n");
  assert.equal(await gateway.reload(), "reloaded");
  assert.equal(await standing.ask("NOOP"), "+OK done");
  await waiting.ask("USER ben");
  assert.match((await waiting.ask("PASS secret")) ?? "", /^\+OK 0 /, "a login after the reload asks the new accounts");
  assert.equal(log.of("reloaded").length, 1);
});

test("a reload is kept out by what is broken, and all is as it was", async (t) => {
  const made = await started(t);
  const { gateway, log, directory } = made;
  const certificate = makeCertificate(`${directory}/tls`);
  const broken = `${directory}/broken.pem`;
  writeFileSync(broken, "no certificate");
  const busy = await started(t);
  const CASES: readonly (readonly [string, typeof made.next, RegExp])[] = [
    [
      "configuration",
      () => {
        throw new Error("postigo.yaml:3:1: listen: what");
      },
      /postigo\.yaml:3:1/,
    ],
    ["certificate", configOf({ listen: [PLAIN, PLAIN], tls: { ...certificate, certificate: broken } }), /broken\.pem/],
    ["busy port", configOf({ listen: [PLAIN, PLAIN, { ...PLAIN, port: busy.port() }] }), /EADDRINUSE/],
  ];
  const before = gateway.addresses;
  for (const [index, [what, next, error]] of CASES.entries()) {
    made.next = next;
    assert.equal(await gateway.reload(), "kept", what);
    assert.match(log.of("reload-failed").at(-1)?.error ?? "", error);
    assert.deepEqual(gateway.addresses, before, what);
    assert.match((await (await dial(t, made.port())).login(`user${index}`)) ?? "", /^\+OK/, what);
  }
  made.next = configOf({});
  assert.equal(await gateway.reload(), "reloaded");
  assert.deepEqual(gateway.addresses, before);
});

test("a users file that cannot be read keeps the old accounts", async (t) => {
  const directory = tempDirectory(t);
  const { users, root } = spool(directory);
  const accounts = { spool: { maildir: root }, accounts: [{ type: "users-file", path: users }] } satisfies ConfigInput;
  const made = await started(t, accounts, { authenticate: undefined, openMaildrop: undefined });
  made.next = configOf({ ...accounts, accounts: [{ type: "users-file", path: `${directory}/none` }] });
  assert.equal(await made.gateway.reload(), "kept");
  assert.match((await (await dial(t, made.port())).login()) ?? "", /^\+OK 1 /);
});

test("listeners come, go and change their TLS without a session being dropped", async (t) => {
  const port = await freePort();
  const made = await started(t, { listen: [{ ...PLAIN, port }] });
  const { gateway, directory } = made;
  const session = await dial(t, port);
  await session.login();
  const tls = makeCertificate(`${directory}/tls`, ["mail.example"]);
  made.next = configOf({
    listen: [
      { ...PLAIN, port },
      { ...PLAIN, tls: "implicit" },
    ],
    tls,
  });
  assert.equal(await gateway.reload(), "reloaded");
  const secure = gateway.addresses[1]?.port ?? 0;
  assert.deepEqual(
    gateway.addresses.map((address) => address.tls),
    ["none", "implicit"],
  );
  assert.match((await (await dialTls(t, secure)).line()) ?? "", /^\+OK/);
  made.next = configOf({ listen: [{ ...PLAIN, port, tls: "starttls" }], tls });
  assert.equal(await gateway.reload(), "reloaded");
  assert.equal(await session.ask("NOOP"), "+OK done");
  const upgrading = await dial(t, port);
  await upgrading.line();
  assert.match((await upgrading.ask("STLS")) ?? "", /^\+OK/);
  const refused = connect(secure, "127.0.0.1");
  const [error] = await new Promise<[NodeJS.ErrnoException]>((resolve) => refused.once("error", (is) => resolve([is])));
  assert.equal(error.code, "ECONNREFUSED");
});

test("listeners that are alike are all kept by a reload", async (t) => {
  const made = await started(t, { listen: [PLAIN, PLAIN, PLAIN] });
  const before = made.gateway.addresses;
  assert.equal(await made.gateway.reload(), "reloaded");
  assert.deepEqual(made.gateway.addresses, before);
  made.next = configOf({ listen: [PLAIN] });
  await made.gateway.reload();
  assert.equal(made.gateway.addresses.length, 1);
  assert.deepEqual(made.log.of("listening").length, 3);
});

test("two reloads at once are one after the other, and the later one is in force", async (t) => {
  const made = await started(t, { limits: { connections: 5 } });
  const order: string[] = [];
  made.next = () => {
    order.push("read");
    return configOf({});
  };
  made.log.onEvent = (name) => void order.push(name);
  assert.deepEqual(await Promise.all([made.gateway.reload(), made.gateway.reload()]), ["reloaded", "reloaded"]);
  assert.deepEqual(order, ["read", "reloaded", "read", "reloaded"]);
});

test("a new autologout holds for the next session; one that stands keeps its own", async (t) => {
  const made = await started(t);
  const before = await dial(t, made.port());
  await before.login("ana");
  made.next = configOf({ timeouts: { autologout: "1h" } });
  await made.gateway.reload();
  const after = await dial(t, made.port());
  await after.login("ben");
  made.clock.advance(600_000);
  assert.equal((await before.rest()).length, 0);
  assert.equal(await after.ask("NOOP"), "+OK done");
});

test("keys that count from the next start on are named", async (t) => {
  const made = await started(t, {}, { placeOf: (key) => `postigo.yaml:${key}` });
  made.next = configOf({
    ...{ lock: { wait: "9s" }, spool: { io: "async" }, user: "nobody", workers: 2, log: { level: "debug" } },
    limits: { failures_before_delay: 9 },
  });
  assert.equal(await made.gateway.reload(), "reloaded");
  const told = ["spool.io", "lock.wait", "limits.failures_before_delay", "user", "workers", "log.level"];
  assert.deepEqual(
    made.log.of("restart-needed"),
    told.map((key) => ({ where: `postigo.yaml:${key}`, key })),
  );
  await made.gateway.reload();
  assert.equal(made.log.of("restart-needed").length, told.length, "and not again");
  made.next = configOf({});
  await made.gateway.reload();
  assert.equal(made.log.of("restart-needed").length, told.length, "what is taken back needs no restart");
});

test("new limits hold for newcomers", async (t) => {
  const made = await started(t);
  const first = await dial(t, made.port());
  await first.login();
  made.next = configOf({ limits: { connections: 1 } });
  await made.gateway.reload();
  const second = await dial(t, made.port());
  assert.match((await second.rest()).toString(), /too many connections/);
  assert.equal(await first.ask("NOOP"), "+OK done");
  await until(() => made.log.of("connection-refused").length === 1);
});
