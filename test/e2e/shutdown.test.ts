// SIGTERM and SIGINT: idle sessions end at once and remove nothing, a running update finishes, and the exit status is 0.

import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { until, within } from "../support/eventually.js";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { RawClient } from "../support/raw-client.js";
import { needsStrace, slowedBy } from "../support/strace.js";

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`RFC 1939 §6: ${signal} ends idle sessions at once, without UPDATE, and the exit status is 0`, async (t) => {
    const gateway = await GatewayProcess.start(t);
    const maildir = gateway.maildir().fillWithNumbered(3);
    const before = await RawClient.connect(gateway.ports.none);
    const within_ = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
    await within_.ok("DELE 1");
    const begun = performance.now();
    gateway.signal(signal);
    assert.equal(await gateway.ended(), 0);
    assert.ok(performance.now() - begun < 10_000, "the end was not at once");
    for (const client of [before, within_]) assert.match((await client.rest()).toString(), /^(?:-ERR [^\r\n]*\r\n)?$/);
    assert.equal(maildir.count, 3);
  });
}

test(
  "an update that is under way at SIGTERM is finished and answered, and the exit status is 0",
  needsStrace(),
  async (t) => {
    const gateway = await GatewayProcess.start(t, { through: slowedBy(5, "unlink", "unlinkat") });
    const maildir = gateway.maildir().fillWithNumbered(200);
    const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
    for (let number = 1; number <= 200; number += 1) await client.ok(`DELE ${number}`);
    await client.write("QUIT\r\n");
    await until("the update has begun", () => maildir.count < 200);
    gateway.signal("SIGTERM");
    assert.ok((await client.reply()).ok);
    await client.end();
    assert.equal(await gateway.ended(), 0);
    assert.deepEqual(maildir.files(), []);
  },
);

test("after SIGTERM no connection is accepted, while a transfer that is read goes on", async (t) => {
  const gateway = await GatewayProcess.start(t);
  gateway
    .maildir()
    .add({ what: "large", octets: Buffer.from(`Subject: large\n\n${"line of text\n".repeat(2_000_000)}`) });
  const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  client.socket.pause();
  await client.write("RETR 1\r\n");
  gateway.signal("SIGTERM");
  await gateway.event("gateway-stopping");
  await until("the port is closed", () => isRefused(gateway.ports.none));
  client.destroy();
  assert.equal(await within("the gateway's end", gateway.ended()), 0);
});

test("the same ports can be used again at once", async (t) => {
  const gateway = await GatewayProcess.start(t);
  const { none } = gateway.ports;
  const idle = await RawClient.connect(none);
  await gateway.stop();
  await idle.rest();
  const listen = [none, 0, 0].map((port, n) => ({
    address: "127.0.0.1",
    port,
    tls: ["none", "starttls", "implicit"][n],
  }));
  gateway.writeConfiguration({ listen });
  await gateway.startAgain();
  assert.equal(gateway.ports.none, none);
});

function isRefused(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(false)).once("error", () => resolve(true));
  }).then((refused) => {
    socket.destroy();
    return refused === true;
  });
}
