// postigo uids verify, against a server that runs: here another Postigo, over TLS as well.

import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { GatewayProcess, PASSWORD, POSTIGO } from "../support/gateway-process.js";
import { type Finished, run } from "../support/real-client.js";

for (const { tls, port } of [
  { tls: "none", port: "none" },
  { tls: "starttls", port: "starttls" },
  { tls: "implicit", port: "implicit" },
] as const) {
  test(`the same mail behind two servers is the same, asked by ${tls}`, async (t) => {
    const { old, gateway } = await start(t);
    const { status, stdout, stderr } = await verify(gateway, old, [
      "--server",
      `localhost:${old.ports[port]}`,
      "--tls",
      tls,
    ]);
    assert.equal(status, 0, stderr);
    assert.match(stdout.toString(), /^alice +12 +0 +0 +0 +0$/m);
  });
}

test("without --tls a password goes over no connection in clear", async (t) => {
  const { old, gateway } = await start(t);
  const { status, stderr } = await verify(gateway, old, ["--server", `localhost:${old.ports.none}`]);
  assert.equal(status, 69);
  assert.match(stderr, /STLS was answered "-ERR/);
  assert.ok(!old.log.includes("login-failed"));
});

test("a certificate that nobody vouches for ends it before the password", async (t) => {
  const { old, gateway } = await start(t);
  const { status, stderr } = await verify(
    gateway,
    old,
    ["--server", `127.0.0.1:${old.ports.implicit}`, "--tls", "implicit"],
    "/dev/null",
  );
  assert.equal(status, 69);
  assert.match(stderr, /127\.0\.0\.1:\d+: .*certificate/i);
});

test("mail that only one of them has is told, and makes exit code 1", async (t) => {
  const { old, gateway } = await start(t);
  old.maildir().add({ what: "there", name: "1795000000.M1P1.there", octets: Buffer.from("Subject: a\n\nb\n") });
  gateway.maildir().add({ what: "here", name: "1799000000.M1P1.here", octets: Buffer.from("Subject: a\n\nb\n") });
  const words = ["--server", `localhost:${old.ports.none}`, "--tls", "none"];
  const { status, stdout, stderr } = await verify(gateway, old, words);
  assert.equal(status, 1);
  assert.match(stdout.toString(), /^alice +12 +1 +1 +12 +0$/m);
  assert.match(stderr, /not listed here: "1795000000\.M1P1\.there"/);
  assert.match(stderr, /not listed there: "1799000000\.M1P1\.here"/);
  const json = JSON.parse((await verify(gateway, old, [...words, "--json"])).stdout.toString());
  assert.deepEqual([json.same, json.moved, json.missing], [12, 12, ["1795000000.M1P1.there"]]);
});

test("a refused password is told, and not shown", async (t) => {
  const { old, gateway } = await start(t);
  const words = ["--server", `localhost:${old.ports.none}`, "--tls", "none", "--login", "nobody"];
  const { status, stdout, stderr } = await verify(gateway, old, words);
  assert.equal(status, 69);
  assert.match(stderr, /PASS was answered "-ERR \[AUTH\]/);
  assert.ok(!`${stdout}${stderr}`.includes(PASSWORD));
});

async function start(t: TestContext): Promise<{ readonly old: GatewayProcess; readonly gateway: GatewayProcess }> {
  const old = await GatewayProcess.start(t);
  old.maildir().fillWithNumbered(12);
  const gateway = await GatewayProcess.start(t);
  cpSync(old.maildirPath(), gateway.maildirPath(), { recursive: true });
  return { old, gateway };
}

function verify(
  gateway: GatewayProcess,
  old: GatewayProcess,
  words: readonly string[],
  authority = old.certificate.certificate,
): Promise<Finished> {
  const args = [POSTIGO, "uids", "verify", "alice", "--config", gateway.configurationFile, ...words];
  return run(process.execPath, args, { input: `${PASSWORD}\n`, env: { NODE_EXTRA_CA_CERTS: authority } });
}
