// What the gateway does to a Maildir, and what it bears in one.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { until } from "../support/eventually.js";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { numberedMessage } from "../support/maildir-fixture.js";
import { RawClient } from "../support/raw-client.js";

const login = (gateway: GatewayProcess): Promise<RawClient> => RawClient.login(gateway.ports.none, "alice", PASSWORD);

test("RETR to its last octet moves a message to cur/ with the flag S at the end of the session; TOP, LIST and UIDL touch nothing", async (t) => {
  const gateway = await GatewayProcess.start(t);
  const maildir = gateway.maildir().fillWithNumbered(3);
  maildir.add({ what: "with flags", octets: numberedMessage(4), folder: "cur", name: "1795000009.M4P7.host:2,FR" });
  const before = maildir.files().sort();
  const client = await login(gateway);
  const uniqueIds = await client.lines("UIDL");
  await client.lines("LIST");
  await client.retrieve(2);
  await client.retrieve(4);
  await client.multiLine("TOP 3 99999999");
  assert.deepEqual(maildir.files().sort(), before, "nothing is renamed within the session");
  await client.quit();
  const [first = "", second = "", third = ""] = before.filter((file) => file.startsWith("new/"));
  const expected = [first, third, `${second.replace("new/", "cur/")}:2,S`, "cur/1795000009.M4P7.host:2,FRS"];
  assert.deepEqual(maildir.files().sort(), expected.sort());
  const next = await login(gateway);
  assert.deepEqual(await next.lines("UIDL"), uniqueIds);
  await next.quit();
});

test("a session that is cut off marks what was fetched whole, and removes nothing", async (t) => {
  const gateway = await GatewayProcess.start(t);
  const maildir = gateway.maildir().fillWithNumbered(2);
  const client = await login(gateway);
  await client.retrieve(1);
  await client.ok("DELE 2");
  client.destroy();
  await until("the mark", () => maildir.files().some((file) => /^cur\/.*:2,S$/.test(file)));
  assert.equal(maildir.count, 2);
});

test("maildrop.retrieved: leave changes nothing at all", async (t) => {
  const gateway = await GatewayProcess.start(t, { configuration: { maildrop: { retrieved: "leave" } } });
  const maildir = gateway.maildir().fillWithNumbered(3);
  const before = maildir.files().sort();
  const client = await login(gateway);
  for (const number of [1, 2, 3]) await client.retrieve(number);
  await client.quit();
  assert.deepEqual(maildir.files().sort(), before);
});

test("removal takes the file's octets off a maildirsize that is there, and keeps its first line", async (t) => {
  const gateway = await GatewayProcess.start(t);
  const maildir = gateway.maildir().fillWithNumbered(2);
  const path = join(maildir.path, "maildirsize");
  const sizes = maildir.files().map((file) => maildir.read(file).length);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  writeFileSync(path, `1000000S,100C\n${total} 2\n`);
  const client = await login(gateway);
  await client.ok("DELE 1");
  await client.ok("DELE 2");
  await client.quit();
  const [limits, ...changes] = readFileSync(path, "latin1").trimEnd().split("\n");
  assert.equal(limits, "1000000S,100C");
  const sums = changes.map((line) => line.trim().split(/\s+/).map(Number));
  assert.equal(
    sums.reduce((sum, [octets = 0]) => sum + octets, 0),
    0,
  );
  assert.equal(
    sums.reduce((sum, [, count = 0]) => sum + count, 0),
    0,
  );
});

test("links, pipes, directories, dot-files and files of others in a Maildir are no messages and block nothing", async (t) => {
  const gateway = await GatewayProcess.start(t);
  const maildir = gateway.maildir().fillWithNumbered(2);
  const secret = join(gateway.directory, "secret");
  writeFileSync(secret, "not mail\n");
  symlinkSync(secret, join(maildir.path, "new", "1795000005.M5P7.link"));
  symlinkSync("/nonexistent", join(maildir.path, "cur", "1795000006.M6P7.dangling:2,"));
  execFileSync("mkfifo", [join(maildir.path, "new", "1795000007.M7P7.pipe")]);
  mkdirSync(join(maildir.path, "cur", "1795000008.M8P7.directory"));
  writeFileSync(join(maildir.path, "new", ".hidden"), "not mail\n");
  mkdirSync(join(maildir.path, ".Sent", "cur"), { recursive: true });
  writeFileSync(join(maildir.path, ".Sent", "cur", "1795000009.M9P7.other:2,S"), "another folder\n");
  writeFileSync(join(maildir.path, "tmp", "1795000010.M9P7.unfinished"), "being delivered\n");
  const client = await login(gateway);
  assert.match((await client.ok("STAT")).text, /^2 /);
  for (const number of [1, 2]) await client.retrieve(number);
  await client.quit();
});

test("a message that is swapped for a link within the session is not followed", async (t) => {
  const gateway = await GatewayProcess.start(t);
  const maildir = gateway.maildir().fillWithNumbered(1);
  const secret = join(gateway.directory, "secret");
  writeFileSync(secret, "root's own\n");
  const client = await login(gateway);
  const [file = ""] = maildir.files();
  rmSync(join(maildir.path, file));
  symlinkSync(secret, join(maildir.path, file));
  await client.err("RETR 1");
  await client.quit();
});

test("a message that has grown or shrunk since it was measured is announced as it is", async (t) => {
  const gateway = await GatewayProcess.start(t);
  const maildir = gateway.maildir().fillWithNumbered(2);
  await (await login(gateway)).quit();
  const [first = "", second = ""] = maildir.files().sort();
  appendFileSync(join(maildir.path, first), "grown\nby two lines\n");
  writeFileSync(join(maildir.path, second), "Subject: shrunk\n\n");
  const client = await login(gateway);
  for (const number of [1, 2]) {
    const { text, body } = await client.multiLine(`RETR ${number}`);
    assert.equal(Number(/\d+/.exec(text)?.[0]), body.length, text);
  }
  await client.quit();
  const next = await login(gateway);
  const listing = await next.lines("LIST");
  for (const line of listing) {
    const [number = "", octets] = line.split(" ");
    assert.equal((await next.retrieve(Number(number))).length, Number(octets));
  }
  await next.quit();
});

test("unique-ids survive the loss of every file of the gateway's own, and a copy to another place", async (t) => {
  const gateway = await GatewayProcess.start(t);
  const maildir = gateway.maildir().fillWithNumbered(20);
  const first = await login(gateway);
  const before = await first.lines("UIDL");
  await first.retrieve(3);
  await first.quit();
  await gateway.stop();
  const copy = `${maildir.path}.copy`;
  execFileSync("cp", ["-r", maildir.path, copy]);
  execFileSync("find", [copy, "-maxdepth", "1", "-name", "postigo*", "-delete"]);
  renameSync(maildir.path, `${maildir.path}.old`);
  renameSync(copy, maildir.path);
  await gateway.startAgain();
  const next = await login(gateway);
  assert.deepEqual(await next.lines("UIDL"), before);
  await next.quit();
});
