// kill -9 in each phase: no message is lost, none comes back after +OK, and the next login works at once.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { until } from "../support/eventually.js";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { RawClient } from "../support/raw-client.js";
import { assertSameMessages } from "../support/same-messages.js";
import { needsStrace, slowedBy } from "../support/strace.js";

/** Nobody waits for a lock: a login that the lock of a dead owner stands in the way of is refused, not delayed. */
const configuration = { lock: { wait: "0s" } };

const login = (gateway: GatewayProcess): Promise<RawClient> => RawClient.login(gateway.ports.none, "alice", PASSWORD);

async function listing(client: RawClient): Promise<{ uidl: string[]; list: string[] }> {
  return { uidl: await client.lines("UIDL"), list: await client.lines("LIST") };
}

test("RFC 1939 §6: kill -9 before QUIT removes nothing", async (t) => {
  const gateway = await GatewayProcess.start(t, { configuration });
  const maildir = gateway.maildir().fillWithNumbered(50);
  const contents = maildir.canonicalContents();
  const client = await login(gateway);
  const before = await listing(client);
  for (let number = 1; number <= 50; number += 1) {
    await client.retrieve(number);
    await client.ok(`DELE ${number}`);
  }
  await gateway.kill();
  assertSameMessages(maildir.canonicalContents(), contents);
  await gateway.startAgain();
  const next = await login(gateway);
  assert.deepEqual(await listing(next), before);
  await next.quit();
});

test(
  "kill -9 within UPDATE: no +OK was sent, and the next session finishes it: what was not deleted is whole, the rest is gone",
  needsStrace(),
  async (t) => {
    const gateway = await GatewayProcess.start(t, { configuration, through: slowedBy(20, "unlink", "unlinkat") });
    const maildir = gateway.maildir().fillWithNumbered(300);
    const contents = maildir.canonicalContents();
    const client = await login(gateway);
    const uniqueIds = (await client.lines("UIDL")).map(idOf);
    for (let number = 1; number <= 200; number += 1) await client.ok(`DELE ${number}`);
    await client.write("QUIT\r\n");
    await until("some messages are removed", () => maildir.count <= 290);
    await gateway.kill();
    assert.equal((await client.rest()).toString("latin1"), "", "QUIT was answered before the update was over");
    const left = maildir.canonicalContents();
    assert.ok(left.length > 100 && left.length <= 290, `${left.length} messages are left`);
    assert.ok(
      left.every((octets) => contents.some((content) => content.equals(octets))),
      "a message was changed",
    );
    await gateway.startAgain();
    const next = await login(gateway);
    const after = (await next.lines("UIDL")).map(idOf);
    assert.deepEqual(after, uniqueIds.slice(200), "exactly those that were not deleted, under their unique-ids");
    for (let number = 1; number <= after.length; number += 1) await next.retrieve(number);
    await next.quit();
  },
);

test("kill -9 right after +OK to QUIT: no message comes back", async (t) => {
  const gateway = await GatewayProcess.start(t, { configuration });
  const maildir = gateway.maildir().fillWithNumbered(100);
  const client = await login(gateway);
  for (let number = 1; number <= 99; number += 1) await client.ok(`DELE ${number}`);
  await client.ok("QUIT");
  await gateway.kill();
  assert.equal(maildir.count, 1);
  await gateway.startAgain();
  const next = await login(gateway);
  assert.match((await next.lines("LIST")).join(), /^1 \d+$/);
  assert.match((await next.retrieve(1)).toString(), /Subject: number 100\r\n/);
  await next.quit();
});

for (const call of ["write", "pwrite64", "rename", "fsync", "fdatasync"]) {
  test(
    `kill -9 while the index is saved (${call} slowed down): the next listing is the same`,
    needsStrace(),
    async (t) => {
      const gateway = await GatewayProcess.start(t, { configuration, through: slowedBy(5, call) });
      gateway.maildir().fillWithNumbered(2_000);
      const client = await login(gateway);
      const before = await listing(client);
      await client.write("QUIT\r\n");
      await until("something of the gateway's own stands in the maildrop", () => ownFiles(gateway).some(isIndex));
      await gateway.kill();
      await gateway.startAgain();
      const next = await login(gateway);
      assert.deepEqual(await listing(next), before);
      await next.quit();
    },
  );
}

test("an index cut off anywhere, or filled with rubbish, costs time and nothing else", async (t) => {
  const gateway = await GatewayProcess.start(t, { configuration });
  const maildir = gateway.maildir().fillWithNumbered(500);
  const first = await login(gateway);
  const before = await listing(first);
  await first.quit();
  await until("the index is there", () => ownFiles(gateway).some(isIndex));
  for (const damage of DAMAGES) {
    await gateway.stop();
    for (const name of ownFiles(gateway).filter(isIndex)) {
      const path = join(maildir.path, name);
      writeFileSync(path, damage(readFileSync(path)));
    }
    await gateway.startAgain();
    const next = await login(gateway);
    assert.deepEqual(await listing(next), before);
    await next.retrieve(500);
    await next.quit();
  }
});

const DAMAGES: readonly ((octets: Buffer) => Buffer)[] = [
  () => Buffer.alloc(0),
  (octets) => octets.subarray(0, 1),
  (octets) => octets.subarray(0, Math.floor(octets.length / 2)),
  (octets) => octets.subarray(0, -1),
  (octets) => Buffer.alloc(octets.length, 0xff),
  (octets) => Buffer.concat([octets, octets]),
  ...[0.05, 0.1, 0.2, 0.5, 0.9].map(
    (place) => (octets: Buffer) => withFlippedBit(octets, Math.floor(octets.length * place)),
  ),
];

function withFlippedBit(octets: Buffer, at: number): Buffer {
  const flipped = Buffer.from(octets);
  flipped[at] = (octets[at] ?? 0) ^ 0x01;
  return flipped;
}

const idOf = (line: string): string => line.split(" ")[1] ?? "";
const isIndex = (name: string): boolean => name.startsWith("postigo.index");
const ownFiles = (gateway: GatewayProcess): string[] =>
  readdirSync(gateway.maildirPath()).filter((name) => name.startsWith("postigo"));
