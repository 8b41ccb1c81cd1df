// The hard corpus through a strict client, over every kind of connection and at every chunk size; and one very large message.

import assert from "node:assert/strict";
import { appendFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { digestOf, retrieveDigest } from "../support/body-digest.js";
import { canonical, topOf } from "../support/canonical.js";
import { within } from "../support/eventually.js";
import { GatewayProcess, PASSWORD, type Ports } from "../support/gateway-process.js";
import { hardMessages, ordinaryMessages } from "../support/hard-messages.js";
import { RawClient } from "../support/raw-client.js";
import { assertSameMessages } from "../support/same-messages.js";

const CORPUS = [...ordinaryMessages, ...hardMessages];
const CHUNKS = [1, 2, 3, 7, 512];
const MEBIBYTE = 1 << 20;

async function connect(ports: Ports, security: string, chunk?: number): Promise<RawClient> {
  const options = chunk === undefined ? {} : { chunk };
  if (security === "POP3S")
    return RawClient.connect(ports.implicit, { ...options, tls: { rejectUnauthorized: false } });
  const client = await RawClient.connect(security === "STLS" ? ports.starttls : ports.none, options);
  if (security === "STLS") await client.startTls();
  return client;
}

for (const security of ["plain", "STLS", "POP3S"]) {
  for (const chunk of CHUNKS) {
    test(`RFC 1939 §5: octets announced are octets sent, over ${security} in chunks of ${chunk}`, async (t) => {
      const gateway = await GatewayProcess.start(t);
      const expected = gateway.maildir().fill(CORPUS).canonicalContents();
      const client = await connect(gateway.ports, security, chunk);
      await client.login("alice", PASSWORD);
      const listing = await client.lines("LIST");
      const fetched: Buffer[] = [];
      for (const line of listing) fetched.push(await client.retrieve(Number(line.split(" ")[0])));
      assert.deepEqual(
        listing,
        fetched.map(({ length }, position) => `${position + 1} ${length}`),
      );
      const total = fetched.reduce((sum, { length }) => sum + length, 0);
      assert.equal((await client.ok("STAT")).text, `${expected.length} ${total}`);
      assertSameMessages(fetched, expected);
      assert.ok((await client.quit()).ok);
    });
  }
}

test("RFC 1939 §7: TOP sends the header, the blank line and the lines asked for, of every content", async (t) => {
  const gateway = await GatewayProcess.start(t);
  gateway.maildir().fill(CORPUS);
  const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  for (let number = 1; number <= CORPUS.length; number += 1) {
    const whole = await client.retrieve(number);
    for (const lines of [0, 1, 3, 99_999_999]) {
      const { body } = await client.multiLine(`TOP ${number} ${lines}`);
      assert.deepEqual(body, topOf(whole, lines), `TOP ${number} ${lines}`);
    }
  }
});

test("RFC 1939 §7: unique-ids are 1 to 70 octets of 0x21 to 0x7E, unique, and the same at the next login", async (t) => {
  const gateway = await GatewayProcess.start(t);
  gateway.maildir().fill(CORPUS);
  const first = await uniqueIds(gateway);
  assert.equal(new Set(first).size, CORPUS.length);
  for (const id of first) assert.match(id, /^[\x21-\x7e]{1,70}$/);
  assert.deepEqual(await uniqueIds(gateway), first);
});

test("a message renamed, grown or removed by another program within the session", async (t) => {
  const gateway = await GatewayProcess.start(t);
  const maildir = gateway.maildir().fillWithNumbered(4);
  const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  const [, second = "", third = ""] = maildir.files().sort();
  renameSync(join(maildir.path, second), join(maildir.path, `${second.replace("new/", "cur/")}:2,RS`));
  assert.match((await client.retrieve(2)).toString(), /Subject: number 2\r\n/);
  renameSync(join(maildir.path, third), join(gateway.directory, "taken-away"));
  await client.err("RETR 3");
  assert.match((await client.lines("LIST")).join(), /^1 \d+,2 \d+,3 \d+,4 \d+$/, "numbers never move");
  await client.ok("DELE 2");
  assert.ok((await client.quit()).ok);
  assert.equal(maildir.count, 2);
});

test("a message of 100 MB is streamed exactly, in bounded memory", async (t) => {
  const gateway = await GatewayProcess.start(t);
  const block = Buffer.from(
    ".leading dot\nplain text of a long message\r\nCRLF before this\n..two dots\n".repeat(1024),
  );
  const count = Math.ceil((100 * MEBIBYTE) / block.length);
  const path = join(gateway.maildir().path, "new", "1795000001.M1P1.host");
  writeFileSync(path, "");
  for (let n = 0; n < count; n += 1) appendFileSync(path, block);
  const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  const before = gateway.residentMemory();
  client.socket.removeAllListeners("data");
  const digest = await within("RETR of 100 MB", retrieveDigest(client.socket, 1), 60_000);
  const wire = canonical(block);
  assert.deepEqual(digest, digestOf(Array.from({ length: count }, () => wire)));
  const grown = gateway.residentMemory() - before;
  assert.ok(grown < 48 * MEBIBYTE, `resident memory grew by ${grown} octets`);
  client.destroy();
});

async function uniqueIds(gateway: GatewayProcess): Promise<string[]> {
  const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  const lines = await client.lines("UIDL");
  await client.quit();
  return lines.map((line, position) => {
    const [number, id = ""] = line.split(" ");
    assert.equal(number, `${position + 1}`);
    return id;
  });
}
