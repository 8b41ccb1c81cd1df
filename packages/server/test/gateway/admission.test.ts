// Who may connect, how many, and with what they may log in.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { isLoopback, plainAddress } from "#server/gateway/peer";
import { createSessionIds } from "#server/gateway/session-ids";
import { createSessionPolicies } from "#server/gateway/session-policies";
import { type ConfigInput, createGateway, createMemoryMaildrop } from "#server/index";
import { makeCertificate } from "../support/make-certificate.js";
import { dial } from "../support/pop3-client.js";
import { tempDirectory } from "../support/temp-directory.js";
import { until } from "../support/until.js";
import { PLAIN, started } from "./support.js";

test("one connection too many is told so and closed; its place is free once another has gone", async (t) => {
  const { port, log } = await started(t, { limits: { connections: 2 } });
  const [one, two] = [await dial(t, port()), await dial(t, port())];
  await Promise.all([one.line(), two.line()]);
  const third = await dial(t, port());
  assert.equal((await third.rest()).toString(), "-ERR [SYS/TEMP] too many connections, try again later\r\n");
  assert.deepEqual(log.of("connection-refused"), [{ peer: "127.0.0.1", why: "too-many-connections" }]);
  await one.send("QUIT\r\n").rest();
  one.end();
  await until(() => log.of("session-closed").length === 1);
  await until(() => one.socket.destroyed);
  let greeting: string | undefined;
  while (!greeting?.startsWith("+OK")) greeting = await (await dial(t, port())).line();
});

test("one address may have so many connections and no more", async (t) => {
  const { port, log } = await started(t, { limits: { per_address: 1 } });
  await (await dial(t, port())).line();
  await (await dial(t, port())).rest();
  assert.deepEqual(log.of("connection-refused"), [{ peer: "127.0.0.1", why: "too-many-from-address" }]);
});

test("a listener that begins with TLS says nothing in clear to one too many", async (t) => {
  const tls = makeCertificate(tempDirectory(t));
  const { port } = await started(t, { listen: [{ ...PLAIN, tls: "implicit" }], tls, limits: { connections: 1 } });
  await dial(t, port());
  assert.equal((await (await dial(t, port())).rest()).length, 0);
});

test("connections that are reset, whenever, give back their places", async (t) => {
  const { port, log } = await started(t, { limits: { connections: 3 } });
  for (let round = 1; round <= 12; round++) {
    const client = await dial(t, port());
    await client.line();
    if (round % 3 === 1) client.send("USER ana\r\n");
    if (round % 3 === 2) client.send("USER ana\r\nPASS secret\r\n");
    client.reset();
    await until(() => log.of("session-closed").length === round);
  }
  assert.deepEqual(log.of("connection-refused"), []);
});

test("the sessions of one account are capped: [IN-USE] or [SYS/TEMP], but never +OK", async (t) => {
  const { port, log } = await started(t, { limits: { per_account: 1 }, lock: { wait: "0s" } });
  const first = await dial(t, port());
  assert.match((await first.login()) ?? "", /^\+OK/);
  assert.match((await (await dial(t, port())).login()) ?? "", /^-ERR \[/);
  assert.equal(log.of("maildrop-refused")[0]?.reason, "too-many");
  assert.match((await (await dial(t, port())).login("ben")) ?? "", /^\+OK/);
});

test("a second session in one maildrop is refused [IN-USE]", async (t) => {
  const { port, clock, log } = await started(t, { lock: { wait: "0s" } });
  assert.match((await (await dial(t, port())).login()) ?? "", /^\+OK/);
  const second = await dial(t, port());
  const answer = second.login();
  await until(() => {
    clock.advance(100);
    return log.of("maildrop-refused").length === 1;
  });
  assert.match((await answer) ?? "", /^-ERR \[IN-USE\]/);
});

const abilities = { password: true, apop: false, mechanisms: ["SCRAM-SHA-256", "CRAM-MD5", "LOGIN", "PLAIN"] };

for (const [plaintext, stls, peerIsLoopback, allowed] of [
  ["tls", true, true, false],
  ["tls", false, false, false],
  ["loopback", true, true, true],
  ["loopback", false, false, false],
  ["always", true, false, true],
  ["always", false, true, true],
] as const) {
  test(`auth.plaintext ${plaintext}, ${peerIsLoopback ? "loopback" : "from afar"}: plain text ${allowed ? "allowed" : "refused"} in clear`, () => {
    const policies = createSessionPolicies({ plaintext, mechanisms: undefined, apop: false }, abilities);
    const { clear, encrypted, stls: announced } = policies({ stls, peerIsLoopback });
    const guarded = { userPass: false, mechanisms: ["SCRAM-SHA-256", "CRAM-MD5"] };
    assert.deepEqual(clear, allowed ? { userPass: true, mechanisms: abilities.mechanisms } : guarded);
    assert.deepEqual(encrypted, { userPass: true, mechanisms: abilities.mechanisms });
    assert.equal(announced, stls ? "available" : "absent");
    assert.equal(policies({ stls, peerIsLoopback }), policies({ stls, peerIsLoopback }), "one object for all");
  });
}

for (const [expireMs, expire] of [
  [undefined, undefined],
  [30 * 86_400_000, 30],
  [36 * 3_600_000, 1],
] as const) {
  test(`RFC 2449 §6.7: EXPIRE is ${expire ?? "not announced"} if mail is kept for ${expireMs ?? "ever"} (ms)`, () => {
    const policies = createSessionPolicies(
      { plaintext: "tls", mechanisms: undefined, apop: false },
      abilities,
      expireMs,
    );
    assert.equal(policies({ stls: true, peerIsLoopback: false }).expire, expire);
  });
}

for (const [apop, users, expected] of [
  [true, ["ana:secret"], /^\+OK .*<[A-Za-z0-9.]+@[A-Za-z0-9.]+>$/],
  [true, ["ana:{SHA256}K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols="], /^\+OK [^<]*$/],
  [false, ["ana:secret"], /^\+OK [^<]*$/],
] as const) {
  test(`RFC 1939 §7: apop ${apop} and accounts ${users}: the greeting ${expected}`, async (t) => {
    const { port } = await started(
      t,
      { auth: { apop, plaintext: "always" }, accounts: [{ type: "inline", users: [...users] }] } as ConfigInput,
      { authenticate: undefined },
    );
    assert.match((await (await dial(t, port())).line()) ?? "", expected);
  });
}

test("an IPv4 peer of an IPv6 socket is known by its IPv4 address, and nothing else is", () => {
  for (const [address, plain, loopback] of [
    ["::ffff:127.0.0.1", "127.0.0.1", true],
    ["::ffff:192.0.2.7", "192.0.2.7", false],
    ["::ffff:7f00:1", "::ffff:7f00:1", false],
    ["::1", "::1", true],
    ["127.9.9.9", "127.9.9.9", true],
    ["128.0.0.1", "128.0.0.1", false],
    ["2001:db8::1", "2001:db8::1", false],
    ["", "", false],
  ] as const) {
    assert.equal(plainAddress(address), plain);
    assert.equal(isLoopback(plainAddress(address)), loopback, address);
  }
});

test("an IPv6 listener serves", async (t) => {
  const { port, log } = await started(t, { listen: [{ ...PLAIN, address: "::1" }] });
  assert.match((await (await dial(t, port(), "::1")).login()) ?? "", /^\+OK/);
  assert.equal(log.of("login")[0]?.peer, "::1");
});

test("session names are short and all different", () => {
  const [one, other] = [createSessionIds(), createSessionIds()];
  const names = new Set(Array.from({ length: 1_000 }, () => [one(), other()]).flat());
  assert.equal(names.size, 2_000);
  for (const name of names) assert.match(name, /^[0-9a-f]{8}-[0-9a-z]{1,2}$/);
});

test("a program's authenticator that throws is a broken account source: [SYS/TEMP], and a line in the log", async (t) => {
  const { port, log } = await started(t, {}, { authenticate: () => Promise.reject(new Error("database gone")) });
  assert.match((await (await dial(t, port())).login()) ?? "", /^-ERR \[SYS\/TEMP\]/);
  assert.match(log.of("account-source-failed")[0]?.error ?? "", /database gone/);
});

test("a program's maildrop that throws is [SYS/TEMP], and keeps no lock", async (t) => {
  let isBroken = true;
  const openMaildrop = () => {
    if (isBroken) throw new Error("no mail today");
    return createMemoryMaildrop([]);
  };
  const { port } = await started(t, {}, { openMaildrop });
  const client = await dial(t, port());
  assert.match((await client.login()) ?? "", /^-ERR \[SYS\/TEMP\]/);
  isBroken = false;
  await client.ask("USER ana");
  assert.match((await client.ask("PASS secret")) ?? "", /^\+OK 0 /);
});

test("createGateway throws ConfigError, which names every problem", () => {
  const input = {
    listen: [{ address: "here", port: 70_000, tls: "none" }],
    timeouts: { login: "soon" },
  } as ConfigInput;
  assert.throws(
    () => createGateway(input, { authenticate: async () => true, openMaildrop: () => createMemoryMaildrop([]) }),
    (error: Error) => {
      assert.equal(error.name, "ConfigError");
      for (const key of ["listen.0.address", "listen.0.port", "timeouts.login"])
        assert.match(error.message, new RegExp(key));
      return true;
    },
  );
});

test("a client that is gone before it is accepted costs no place", async (t) => {
  const { port, log } = await started(t, { limits: { connections: 1 } });
  for (let round = 0; round < 5; round++) {
    const socket = connect(port(), "127.0.0.1");
    await once(socket, "connect");
    socket.resetAndDestroy();
  }
  await until(() => log.of("session-opened").length === log.of("session-closed").length);
  assert.match((await (await dial(t, port())).line()) ?? "", /^\+OK/);
});
