// workers: several processes on the same ports.

import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../support/eventually.js";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { RawClient } from "../support/raw-client.js";

const TWO_WORKERS = { configuration: { workers: 2, lock: { wait: "0s" } } };

const pidsOf = (gateway: GatewayProcess): Set<unknown> =>
  new Set(gateway.events.filter(({ event }) => event === "gateway-started").map(({ pid }) => pid));

test("RFC 1939 §4: two workers on one port never let two sessions into a maildrop", async (t) => {
  const gateway = await GatewayProcess.start(t, TWO_WORKERS);
  gateway.maildir().fillWithNumbered(3);
  await until("both workers serve", () => pidsOf(gateway).size === 2);
  const holder = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const client = await RawClient.connect(gateway.ports.none);
    await client.ok("USER alice");
    assert.equal((await client.command(`PASS ${PASSWORD}`)).code, "IN-USE");
    client.destroy();
  }
  await holder.quit();
  await (await RawClient.login(gateway.ports.none, "alice", PASSWORD)).quit();
  await gateway.stop();
});

test("a worker that is killed is replaced; its maildrops are free at once; SIGTERM ends all with status 0", async (t) => {
  const gateway = await GatewayProcess.start(t, TWO_WORKERS);
  gateway.maildir().fillWithNumbered(3);
  await until("both workers serve", () => pidsOf(gateway).size === 2);
  const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  await client.ok("DELE 1");
  for (const [index, pid] of [...pidsOf(gateway)].entries()) {
    process.kill(Number(pid), "SIGKILL");
    await until("it has a successor", () => pidsOf(gateway).size === 3 + index);
  }
  assert.equal((await gateway.eventsNamed("worker-died", 2)).length, 2);
  const next = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  assert.match((await next.ok("STAT")).text, /^3 /);
  await next.quit();
  await gateway.stop();
});
