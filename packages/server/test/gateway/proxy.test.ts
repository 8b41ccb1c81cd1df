// Listeners that demand the PROXY protocol: who is believed, who is meant, and what is said before that.

import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { clientBehind } from "#server/gateway/peer";
import type { ConfigInput } from "#server/index";
import { makeCertificate } from "../support/make-certificate.js";
import { dial, Pop3Client } from "../support/pop3-client.js";
import { binaryHeader, IPV4_ADDRESSES, LOCAL, PROXY } from "../support/proxy-headers.js";
import { tempDirectory } from "../support/temp-directory.js";
import { until } from "../support/until.js";
import { configOf, PLAIN, type Scene, started } from "./support.js";

const LISTENER = { ...PLAIN, proxy: true } as const;
const TRUSTING = { listen: [LISTENER], proxy: { from: ["127.0.0.0/8"] } } satisfies ConfigInput;
const V1 = "PROXY TCP4 192.0.2.7 192.0.2.1 56324 110\r\n";
const V2 = binaryHeader(PROXY, 0x11, IPV4_ADDRESSES);
const HEALTH_CHECK = binaryHeader(LOCAL, 0, new Uint8Array());

const behindProxy = (t: TestContext, input: ConfigInput = {}): Promise<Scene> => started(t, { ...TRUSTING, ...input });

for (const [version, header] of [
  ["1", Buffer.from(V1)],
  ["2", V2],
] as const) {
  test(`PROXY ${version}: the client that is named is the one of the log, and nothing is said before the header`, async (t) => {
    const { port, log } = await behindProxy(t);
    const client = await dial(t, port());
    client.send(header.subarray(0, -1));
    client.send(header.subarray(-1));
    assert.match((await client.login()) ?? "", /^\+OK/);
    const [opened] = log.of("session-opened");
    assert.deepEqual([opened?.peer, opened?.port], ["192.0.2.7", 56_324]);
    assert.equal(log.of("login")[0]?.peer, "192.0.2.7");
  });

  for (const size of [1, 2, 3, 7, 512]) {
    test(`PROXY ${version}: header and commands in pieces of ${size} make a whole session`, async (t) => {
      const { port } = await behindProxy(t);
      const client = await dial(t, port());
      const all = Buffer.concat([header, Buffer.from("USER ana\r\nPASS secret\r\nSTAT\r\nQUIT\r\n")]);
      for (let from = 0; from < all.length; from += size) {
        client.send(all.subarray(from, from + size));
        await new Promise(setImmediate);
      }
      const answers = (await client.rest()).toString().split("\r\n");
      assert.equal(answers.filter((line) => line.startsWith("+OK")).length, 5, answers.join("\n"));
    });
  }

  test(`PROXY ${version}: a TLS handshake behind the header, in the same packet or not, belongs to the session`, async (t) => {
    const tls = makeCertificate(tempDirectory(t));
    const { port, log } = await behindProxy(t, { listen: [{ ...LISTENER, tls: "implicit" }], tls });
    for (const isTogether of [true, false]) {
      const { socket } = await dial(t, port());
      if (isTogether) socket.cork();
      socket.write(header);
      const secured = connectTls({ socket, rejectUnauthorized: false });
      if (isTogether) setImmediate(() => socket.uncork());
      await once(secured, "secureConnect");
      assert.match((await new Pop3Client(secured).login(`user${isTogether}`)) ?? "", /^\+OK/);
    }
    assert.deepEqual(
      log.of("login").map(({ peer }) => peer),
      ["192.0.2.7", "192.0.2.7"],
    );
  });
}

test("PROXY: a client who is not listed as a proxy is closed without a word, whatever he claims", async (t) => {
  const { port, log } = await behindProxy(t, { proxy: { from: ["192.0.2.0/24"] } });
  const client = await dial(t, port());
  client.send(V1);
  assert.equal((await client.rest()).length, 0);
  assert.deepEqual(log.of("connection-refused"), [{ peer: "127.0.0.1", why: "no-listed-proxy" }]);
});

test("PROXY: a connection without a header is closed without a word, as soon as its beginning is wrong", async (t) => {
  const { port, log } = await behindProxy(t);
  for (const octets of ["C", "PROXY TCP5", "\x16\x03\x01", "\r\n\r\n\0\r\nQUIX"]) {
    const client = await dial(t, port());
    client.send(Buffer.from(octets, "latin1"));
    assert.equal((await client.rest()).length, 0);
  }
  assert.deepEqual(log.of("connection-refused"), Array(4).fill({ peer: "127.0.0.1", why: "proxy-header-invalid" }));
});

test("PROXY: a header that does not come in time ends the connection, one octet a second does not help", async (t) => {
  const { port, log, clock } = await behindProxy(t);
  const client = await dial(t, port());
  const rest = client.rest();
  for (const letter of "PROXY") {
    client.send(letter);
    await new Promise(setImmediate);
  }
  await until(() => {
    clock.advance(1_000);
    return log.of("connection-refused").length === 1;
  });
  assert.equal((await rest).length, 0);
  assert.deepEqual(log.of("connection-refused"), [{ peer: "127.0.0.1", why: "proxy-header-late" }]);
});

test("PROXY: a connection that is opened and closed again is no event, and gives back its place", async (t) => {
  const { port, log } = await behindProxy(t, { limits: { connections: 1 } });
  for (let round = 0; round < 5; round++) {
    const client = await dial(t, port());
    await client.send("PROXY").end().rest();
  }
  const client = await dial(t, port());
  assert.match((await client.send(V1).login()) ?? "", /^\+OK/);
  assert.deepEqual(log.of("connection-refused"), []);
});

test("PROXY: limits.per_address counts the clients, not the proxy", async (t) => {
  const { port, log } = await behindProxy(t, { limits: { per_address: 1 } });
  for (const address of ["192.0.2.1", "192.0.2.2", "192.0.2.3"]) {
    const client = await dial(t, port());
    assert.match((await client.send(V1.replace("192.0.2.7", address)).line()) ?? "", /^\+OK/);
  }
  const again = await dial(t, port());
  assert.match((await again.send(V1.replace("192.0.2.7", "192.0.2.2")).line()) ?? "", /^-ERR \[SYS\/TEMP\]/);
  assert.deepEqual(log.of("connection-refused"), [{ peer: "192.0.2.2", why: "too-many-from-address" }]);
});

test("PROXY: health checks have the proxy's own address, and are not counted by it", async (t) => {
  const { port, log } = await behindProxy(t, { limits: { per_address: 1 } });
  for (const header of [HEALTH_CHECK, HEALTH_CHECK, Buffer.from("PROXY UNKNOWN\r\n")]) {
    const client = await dial(t, port());
    assert.match((await client.send(header).line()) ?? "", /^\+OK/);
  }
  assert.deepEqual(
    log.of("session-opened").map(({ peer }) => peer),
    Array(3).fill("127.0.0.1"),
  );
});

test("PROXY: connections whose client is unknown count among all", async (t) => {
  const { port, log } = await behindProxy(t, { limits: { connections: 1 } });
  const waiting = await dial(t, port());
  const second = await dial(t, port());
  assert.equal((await second.rest()).length, 0);
  assert.deepEqual(log.of("connection-refused"), [{ peer: "127.0.0.1", why: "too-many-connections" }]);
  assert.match((await waiting.send(V2).line()) ?? "", /^\+OK/);
});

for (const [what, header, allowed] of [
  ["a client elsewhere, through a proxy on this machine", V2, false],
  ["the proxy on this machine itself", HEALTH_CHECK, false],
  ["a client on this machine, through a proxy on it", Buffer.from("PROXY TCP4 127.0.0.1 127.0.0.1 9 110\r\n"), true],
] as const) {
  test(`PROXY: auth.plaintext loopback, ${what}: ${allowed ? "allowed" : "refused"}`, async (t) => {
    const { port } = await behindProxy(t, { auth: { plaintext: "loopback" } });
    const client = await dial(t, port());
    client.send(header);
    await client.line();
    assert.match((await client.ask("USER ana")) ?? "", allowed ? /^\+OK/ : /^-ERR/);
  });
}

test("PROXY: a client of a proxy elsewhere is never on this machine, whatever its address", () => {
  const proxy = { address: "192.0.2.1", port: 1, isLocal: false, countsAs: "192.0.2.1" };
  assert.equal(clientBehind(proxy, { address: "127.0.0.1", port: 2 }).isLocal, false);
  assert.equal(clientBehind({ ...proxy, isLocal: true }, { address: "::ffff:127.0.0.1", port: 2 }).isLocal, true);
});

test("PROXY: a reload changes who is believed", async (t) => {
  const made = await behindProxy(t);
  const before = made.gateway.addresses;
  made.next = configOf({ ...TRUSTING, proxy: { from: ["192.0.2.1"] } });
  assert.equal(await made.gateway.reload(), "reloaded");
  assert.deepEqual(made.gateway.addresses, before);
  assert.equal((await (await dial(t, made.port())).send(V1).rest()).length, 0);
});

test("PROXY: the end of the server does not wait for headers", async (t) => {
  const { port, gateway } = await behindProxy(t);
  const client = await dial(t, port());
  client.send("PROXY TCP4");
  const rest = client.rest();
  await gateway.stop();
  assert.equal((await rest).length, 0);
});
