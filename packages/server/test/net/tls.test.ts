// TLS under POP3: what is said before, during and instead of a handshake.

import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { systemClock } from "#server/clock";
import type { TlsConfig } from "#server/config/config";
import { createTlsContexts } from "#server/tls/tls-contexts";
import { type ConnectionFixture, LOGIN_MS, type Served, serving } from "../support/connection-fixture.js";
import { makeCertificate } from "../support/make-certificate.js";
import { messages, recordedMaildrop } from "../support/memory-maildrops.js";
import { Pop3Client } from "../support/pop3-client.js";
import { tempDirectory } from "../support/temp-directory.js";
import { until } from "../support/until.js";

const minimum = "TLSv1.2";

function contextsFor(t: TestContext, ...names: string[]) {
  const directory = tempDirectory(t);
  const config: TlsConfig = {
    ...makeCertificate(`${directory}/default`, ["default.example"]),
    names: names.map((name) => ({ name, ...makeCertificate(`${directory}/${name}`, [name]) })),
    minimum,
  };
  return { directory, config, contexts: createTlsContexts(config, { clock: systemClock, onEvent: () => undefined }) };
}

/** Begins TLS on a connection that stands; resolves once it is established. */
async function encrypt(
  { client }: Served,
  options: ConnectionOptions = {},
): Promise<{ client: Pop3Client; tls: TLSSocket }> {
  const tls = connect({ socket: client.socket, rejectUnauthorized: false, ...options });
  await once(tls, "secureConnect");
  return { client: new Pop3Client(tls), tls };
}

async function upgrade(served: Served, options?: ConnectionOptions): Promise<{ client: Pop3Client; tls: TLSSocket }> {
  assert.match((await served.client.ask("STLS")) ?? "", /^\+OK/);
  return encrypt(served, options);
}

const maildrop = () => recordedMaildrop(messages("one\n")).maildrop;

const subject = (tls: TLSSocket): unknown => tls.getPeerCertificate().subject.CN;

test("RFC 2595 §4: after STLS the session begins anew, encrypted", async (t) => {
  const { contexts } = contextsFor(t);
  const fixture = await serving(t, { maildrop: maildrop(), tls: () => contexts.options });
  const served = await fixture.dial(t);
  await served.client.line();
  assert.match((await served.client.ask("USER ana")) ?? "", /^\+OK/);
  const { client } = await upgrade(served);
  assert.match((await client.ask("PASS secret")) ?? "", /^-ERR/, "the USER before the handshake is forgotten");
  assert.match((await client.ask("STLS")) ?? "", /^-ERR/);
  assert.match((await client.ask("USER ana")) ?? "", /^\+OK/);
  assert.match((await client.ask("PASS secret")) ?? "", /^\+OK 1 /);
  assert.equal(fixture.log.of("login")[0]?.tls, true);
  assert.deepEqual(await client.send("RETR 1\r\nQUIT\r\n").lines(4), ["+OK 5 octets", "one", ".", "+OK goodbye"]);
  await client.rest();
  client.end();
  await fixture.allClosed();
});

test("RFC 2595 §4, D19: octets pipelined after STLS are never interpreted", async (t) => {
  const { contexts } = contextsFor(t);
  const fixture = await serving(t, { maildrop: maildrop(), tls: () => contexts.options });
  const served = await fixture.dial(t);
  await served.client.line();
  await served.client.send("STLS\r\nUSER ana\r\nPASS secret\r\nQUIT\r\n").line();
  const { client } = await encrypt(served);
  assert.match((await client.ask("STAT")) ?? "", /^-ERR/, "nobody is logged in");
  assert.equal(fixture.log.of("login").length, 0);
  client.socket.destroy();
});

test("implicit TLS: the greeting comes after the handshake and not before", async (t) => {
  const { contexts } = contextsFor(t);
  const fixture = await serving(t, { maildrop: maildrop(), tls: () => contexts.options, implicit: true });
  const served = await fixture.dial(t);
  assert.equal(served.client.socket.read(), null);
  const { client } = await encrypt(served);
  assert.match((await client.line()) ?? "", /^\+OK/);
  assert.doesNotMatch((await client.send("CAPA\r\nQUIT\r\n").rest()).toString(), /STLS/);
});

test("a half-closed TLS client gets all its answers", async (t) => {
  const { contexts } = contextsFor(t);
  const fixture = await serving(t, { maildrop: maildrop(), tls: () => contexts.options, implicit: true });
  const { client } = await encrypt(await fixture.dial(t), { allowHalfOpen: true } as ConnectionOptions);
  const answer = await client.end("USER ana\r\nPASS secret\r\nRETR 1\r\nQUIT\r\n").rest();
  assert.match(answer.toString(), /\+OK 5 octets\r\none\r\n\.\r\n\+OK goodbye\r\n$/);
});

test("a large message over TLS arrives octet for octet, at a slow reader too", async (t) => {
  const { contexts } = contextsFor(t);
  const content = `${"t".repeat(70)}\n`.repeat(80_000);
  const large = recordedMaildrop(messages(content)).maildrop;
  const fixture = await serving(t, { maildrop: large, tls: () => contexts.options, implicit: true });
  const { client } = await encrypt(await fixture.dial(t));
  await client.login();
  await client.ask("RETR 1");
  const wanted = `${content.replaceAll("\n", "\r\n")}.\r\n`;
  assert.ok((await client.octets(wanted.length)).equals(Buffer.from(wanted)));
  client.socket.destroy();
  await fixture.allClosed();
});

const STALLS: readonly (readonly [string, boolean, (served: Served) => unknown])[] = [
  ["implicit, nothing is sent", true, () => undefined],
  ["implicit, half a hello", true, ({ client }) => client.send(Buffer.from([0x16, 0x03, 0x01, 0x02]))],
  ["after STLS, nothing is sent", false, ({ client }) => client.ask("STLS")],
];

for (const [what, implicit, act] of STALLS) {
  test(`a handshake that never ends (${what}) is ended by the login deadline`, async (t) => {
    const { contexts } = contextsFor(t);
    const fixture = await serving(t, { maildrop: maildrop(), tls: () => contexts.options, implicit });
    const served = await fixture.dial(t);
    if (!implicit) await served.client.line();
    await act(served);
    fixture.clock.advance(LOGIN_MS - 1);
    assert.equal(served.socket.destroyed, false);
    fixture.clock.advance(1);
    await fixture.allClosed();
    assert.equal(fixture.log.of("session-closed")[0]?.reason, "autologout");
    assert.equal(fixture.clock.pending, 0, "no timer is left");
  });
}

const FAILURES: readonly (readonly [string, (served: Served) => void])[] = [
  ["garbage", ({ client }) => void client.send("USER ana\r\nPASS secret\r\n")],
  ["a reset", ({ client }) => client.reset()],
  ["a FIN", ({ client }) => void client.end()],
  [
    "a version that is too old",
    (served) =>
      void encrypt(served, { maxVersion: "TLSv1.1", minVersion: "TLSv1", ciphers: "ALL:@SECLEVEL=0" }).catch(
        () => undefined,
      ),
  ],
];

for (const [what, act] of FAILURES) {
  test(`${what} instead of a handshake ends the connection, once, and says nothing in clear`, async (t) => {
    const { contexts } = contextsFor(t);
    const fixture: ConnectionFixture = await serving(t, {
      maildrop: maildrop(),
      tls: () => contexts.options,
      implicit: true,
    });
    const served = await fixture.dial(t);
    act(served);
    await fixture.allClosed();
    assert.equal(fixture.closed.length, 1);
    assert.equal(fixture.log.of("session-closed").length, 1);
    assert.equal(fixture.log.of("login-failed").length, 0);
    assert.equal(fixture.clock.pending, 0, "no timer is left");
    assert.doesNotMatch((await served.client.rest()).toString("latin1"), /ERR|OK/);
  });
}

test("SNI chooses the certificate by name; an unknown name, or none, gets the default", async (t) => {
  const { contexts } = contextsFor(t, "mail.one.example", "mail.two.example");
  const fixture = await serving(t, { maildrop: maildrop(), tls: () => contexts.options });
  for (const [servername, expected] of [
    ["mail.one.example", "mail.one.example"],
    ["MAIL.two.example", "mail.two.example"],
    ["mail.three.example", "default.example"],
    ["", "default.example"],
  ] as const) {
    const served = await fixture.dial(t);
    await served.client.line();
    const { client, tls } = await upgrade(served, { servername });
    assert.equal(subject(tls), expected);
    client.socket.destroy();
  }
});

test("other certificates apply to the next handshake, and to none that stands", async (t) => {
  const { directory, config, contexts } = contextsFor(t);
  const fixture = await serving(t, { maildrop: maildrop(), tls: () => contexts.options });
  const before = await fixture.dial(t);
  await before.client.line();
  const { client } = await upgrade(before);
  contexts.reload({ ...config, ...makeCertificate(`${directory}/next`, ["next.example"]) });
  const after = await fixture.dial(t);
  await after.client.line();
  const { tls } = await upgrade(after);
  assert.equal(subject(tls), "next.example");
  assert.match((await client.ask("USER ana")) ?? "", /^\+OK/, "the session before goes on");
  client.socket.destroy();
  tls.destroy();
});

test("a shutdown during a handshake ends the connection at once", async (t) => {
  const { contexts } = contextsFor(t);
  const fixture = await serving(t, { maildrop: maildrop(), tls: () => contexts.options, implicit: true });
  const { connection } = await fixture.dial(t);
  connection.shutdown();
  await fixture.allClosed();
  await until(() => fixture.log.of("session-closed").length === 1);
});
