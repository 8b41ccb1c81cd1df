// A real Postfix delivers, an IMAP-like program renames, and clients poll, all at the same time.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { cleanUp } from "../support/clean-up.js";
import { until } from "../support/eventually.js";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { numberedMessage } from "../support/maildir-fixture.js";
import { PrivatePostfix } from "../support/private-postfix.js";
import { RawClient } from "../support/raw-client.js";
import { needsRoot } from "../support/real-client.js";

const RENAMER = fileURLToPath(new URL("../../test/clients/flag_renamer.mjs", import.meta.url));
const MESSAGES = 1_000;

const numbered = (from: number, count: number): Buffer[] =>
  Array.from({ length: count }, (_, position) => numberedMessage(from + position));

test(
  "RFC 1939 §4: mail that Postfix delivers within a session is seen by the next one, whole",
  needsRoot("postfix"),
  async (t) => {
    const gateway = await GatewayProcess.start(t);
    const postfix = await PrivatePostfix.start(t, gateway.spool, ["alice"]);
    await postfix.submit("alice", numbered(1, 3));
    await until("3 messages", () => delivered(gateway) === 3);
    const open = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
    const before = await open.lines("UIDL");
    await postfix.submit("alice", numbered(4, MESSAGES));
    await until("all messages", () => delivered(gateway) === 3 + MESSAGES, 60_000);
    assert.match((await open.ok("STAT")).text, /^3 /);
    assert.deepEqual(await open.lines("UIDL"), before);
    await open.err("RETR 4");
    await open.quit();
    const next = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
    assert.deepEqual((await next.lines("UIDL")).slice(0, 3), before);
    const subjects = new Set<string>();
    for (let number = 1; number <= 3 + MESSAGES; number += 1) subjects.add(subjectOf(await next.retrieve(number)));
    assert.equal(subjects.size, 3 + MESSAGES);
    await next.quit();
  },
);

test("a user Postfix has not delivered to yet has an empty maildrop", needsRoot("postfix"), async (t) => {
  const gateway = await GatewayProcess.start(t);
  const postfix = await PrivatePostfix.start(t, gateway.spool, ["alice"]);
  const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  assert.equal((await client.ok("STAT")).text, "0 0");
  await client.quit();
  await postfix.submit("alice", numbered(1, 1));
  await until("delivery", () => delivered(gateway) === 1);
  const next = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  assert.match((await next.ok("STAT")).text, /^1 /);
  await next.quit();
});

test(
  "unique-ids are stable and no message is missed while flags are renamed and mail arrives",
  needsRoot("postfix"),
  async (t) => {
    const gateway = await GatewayProcess.start(t);
    const postfix = await PrivatePostfix.start(t, gateway.spool, ["alice"]);
    await postfix.submit("alice", numbered(1, 200));
    await until("200 messages", () => delivered(gateway) === 200, 60_000);
    const renamer = startRenamer(t, gateway.maildirPath());
    const arriving = postfix.submit("alice", numbered(201, 200), 1);
    const known = new Map<string, string>();
    for (let poll = 0; poll < 15; poll += 1) {
      const seen = await subjectsByUniqueId(gateway, known);
      for (const id of known.keys()) assert.ok(seen.has(id), `poll ${poll} misses ${id}`);
      for (const [id, subject] of seen) known.set(id, subject);
    }
    await arriving;
    await until("400 messages", () => delivered(gateway) === 400, 60_000);
    assert.ok((await renamer.stop()) > 100);
    const last = await subjectsByUniqueId(gateway, known);
    for (const [id, subject] of known) assert.equal(last.get(id), subject);
    assert.equal(new Set(last.values()).size, 400);
  },
);

test("DELE removes each message although its flags are renamed all the time", needsRoot("postfix"), async (t) => {
  const gateway = await GatewayProcess.start(t);
  const maildir = gateway.maildir().fillWithNumbered(300);
  const renamer = startRenamer(t, maildir.path);
  const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  for (let number = 1; number <= 300; number += 2) await client.ok(`DELE ${number}`);
  assert.ok((await client.quit()).ok);
  await renamer.stop();
  const left = maildir.canonicalContents().map((octets) => Number(subjectOf(octets)));
  assert.deepEqual(
    left.sort((a, b) => a - b),
    Array.from({ length: 150 }, (_, position) => 2 * position + 2),
  );
});

function startRenamer(t: TestContext, maildir: string): { stop(): Promise<number> } {
  const child = spawn(process.execPath, [RENAMER, maildir], { stdio: ["pipe", "pipe", "inherit"] });
  cleanUp(t, () => void child.kill("SIGKILL"));
  const stop = async (): Promise<number> => {
    child.stdin.end();
    const [count] = await once(child.stdout, "data");
    await once(child, "close");
    return Number(count);
  };
  return { stop };
}

function delivered(gateway: GatewayProcess): number {
  const maildir = gateway.maildirPath();
  try {
    return readdirSync(join(maildir, "new")).length + readdirSync(join(maildir, "cur")).length;
  } catch {
    return 0;
  }
}

/** One poll: the subject of each message by its unique-id; ids in `known` are not fetched again, and every subject is compared at the end. */
async function subjectsByUniqueId(
  gateway: GatewayProcess,
  known: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  const seen = new Map<string, string>();
  for (const line of await client.lines("UIDL")) {
    const [number = "", id = ""] = line.split(" ");
    const fetch = async (): Promise<string> => subjectOf((await client.multiLine(`TOP ${number} 0`)).body);
    seen.set(id, known.get(id) ?? (await fetch()));
  }
  await client.quit();
  return seen;
}

const subjectOf = (message: Buffer): string => /^Subject: number (\d+)\r$/m.exec(message.toString("latin1"))?.[1] ?? "";
