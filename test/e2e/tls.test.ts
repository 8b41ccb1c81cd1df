// TLS on the wire: STLS and what must not survive it, plain text refused without it, certificates chosen by name.

import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TLSSocket } from "node:tls";
import { makeCertificate } from "../support/certificate.js";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { RawClient } from "../support/raw-client.js";

const TLS_ONLY = { configuration: { auth: { plaintext: "tls" } } };
const subjectOf = (client: RawClient): unknown => (client.socket as TLSSocket).getPeerCertificate().subject.CN;

test("RFC 2595 §4: octets sent in clear together with STLS are never interpreted", async (t) => {
  const gateway = await GatewayProcess.start(t);
  const client = await RawClient.connect(gateway.ports.starttls);
  await client.write("USER mallory\r\nSTLS\r\nUSER mallory\r\nPASS guess\r\nCAPA\r\n");
  assert.ok((await client.reply()).ok);
  assert.ok((await client.reply()).ok);
  await client.handshake();
  const capabilities = await client.lines("CAPA");
  assert.ok(!capabilities.includes("STLS"), "STLS is announced only before TLS");
  await client.err(`PASS ${PASSWORD}`);
  await client.quit();
  await gateway.event("session-closed");
  assert.ok(!gateway.events.some(({ event }) => event === "login-failed"));
});

test("RFC 2595 §4: the user named before STLS is forgotten", async (t) => {
  const gateway = await GatewayProcess.start(t);
  gateway.maildir().fillWithNumbered(1);
  const client = await RawClient.connect(gateway.ports.starttls);
  await client.ok("USER alice");
  await client.startTls();
  await client.err(`PASS ${PASSWORD}`);
  await client.login("alice", PASSWORD);
  await client.quit();
});

test("RFC 8314 §3: without TLS no plain-text login is announced or accepted, and the text names STLS", async (t) => {
  const gateway = await GatewayProcess.start(t, TLS_ONLY);
  const client = await RawClient.connect(gateway.ports.starttls);
  const capabilities = await client.lines("CAPA");
  assert.ok(capabilities.includes("STLS"));
  assert.ok(!capabilities.includes("USER"));
  assert.ok(!capabilities.some((line) => /^SASL.*\b(?:PLAIN|LOGIN)\b/.test(line)));
  assert.match((await client.err("USER alice")).text, /STLS/);
  await client.err("AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=");
  await client.err("AUTH LOGIN");
  await client.startTls();
  assert.ok((await client.lines("CAPA")).includes("USER"));
  await client.login("alice", PASSWORD);
  await client.quit();
});

test("plaintext: loopback admits a loopback peer and no other", async (t) => {
  const own = ownAddress();
  if (own === undefined) return t.skip("this machine has no address but loopback");
  const listen = ["none", "starttls", "implicit"].map((tls) => ({ address: "0.0.0.0", port: 0, tls }));
  const gateway = await GatewayProcess.start(t, { configuration: { listen } });
  const outside = await RawClient.connect(gateway.ports.none, { host: own });
  assert.ok(!(await outside.lines("CAPA")).includes("USER"));
  await outside.err("USER alice");
  await outside.quit();
  const inside = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  await inside.quit();
});

test("a listener without TLS answers STLS with -ERR, one with TLS never offers it", async (t) => {
  const gateway = await GatewayProcess.start(t);
  const plain = await RawClient.connect(gateway.ports.none);
  assert.ok(!(await plain.lines("CAPA")).includes("STLS"));
  await plain.err("STLS");
  await plain.quit();
  const secure = await RawClient.connect(gateway.ports.implicit, { tls: { rejectUnauthorized: false } });
  assert.ok(!(await secure.lines("CAPA")).includes("STLS"));
  await secure.err("STLS");
  await secure.quit();
});

test("SNI chooses the certificate; an unknown name gets the first one", async (t) => {
  const gateway = await GatewayProcess.start(t);
  const second = makeCertificate(join(gateway.directory, "second"), "second.example.test");
  const tls = { ...gateway.certificate, names: [{ name: "second.example.test", ...second }] };
  await gateway.stop();
  gateway.writeConfiguration({ tls });
  await gateway.startAgain();
  for (const { servername, expected } of [
    { servername: "second.example.test", expected: "second.example.test" },
    { servername: "SECOND.example.test", expected: "second.example.test" },
    { servername: "third.example.test", expected: "localhost" },
    { servername: undefined, expected: "localhost" },
  ]) {
    const options = { rejectUnauthorized: false, ...(servername === undefined ? {} : { servername }) };
    const secure = await RawClient.connect(gateway.ports.implicit, { tls: options });
    assert.equal(subjectOf(secure), expected);
    await secure.quit();
    const upgraded = await RawClient.connect(gateway.ports.starttls);
    await upgraded.startTls(options);
    assert.equal(subjectOf(upgraded), expected);
    await upgraded.quit();
  }
});

test("a client that speaks in clear to the TLS port, or no TLS after STLS, harms nobody", async (t) => {
  const gateway = await GatewayProcess.start(t);
  const wrong = await RawClient.connectSilently(gateway.ports.implicit);
  await wrong.write("USER alice\r\n");
  await wrong.rest();
  const mixed = await RawClient.connect(gateway.ports.starttls);
  await mixed.ok("STLS");
  await mixed.write("USER alice\r\nPASS guess\r\n");
  await mixed.rest();
  const fine = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  await fine.quit();
});

/** An IPv4 address of this machine that is not loopback: connections to it never leave the machine, but their peer is no loopback. */
function ownAddress(): string | undefined {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ family, internal }) => family === "IPv4" && !internal)?.address;
}
