// Dovecot's IMAP server works on the same maildrops while POP3 sessions list, fetch and delete.

import assert from "node:assert/strict";
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { ImapClient } from "../support/imap-client.js";
import { giveToMailOwner, MAIL_OWNER } from "../support/mail-owner.js";
import { usageIn } from "../support/maildirsize.js";
import { PrivateDovecot } from "../support/private-dovecot.js";
import { RawClient } from "../support/raw-client.js";
import { needsRoot } from "../support/real-client.js";
import { SeededChoice } from "../support/seeded-choice.js";
import { SharedMaildrop } from "../support/shared-maildrop.js";

const needsDovecot = (): { skip?: string } => needsRoot("/usr/lib/dovecot/imap", "dovecot-imapd");
const SEEDS = Array.from({ length: 16 }, (_, n) => n + 1);
const STEPS = 60;
const MESSAGES = 12;

test(
  "two servers on one maildrop, acts in any order: nothing is lost or sent twice, ids, numbers and quota stay right",
  needsDovecot(),
  async (t) => {
    const users = SEEDS.map((seed) => `seed${seed}`);
    const { gateway, dovecot } = await bothServers(t, users);
    for (const seed of SEEDS) await liveTogether(t, { gateway, dovecot, seed });
    assert.deepEqual(complaintsOf(dovecot), []);
  },
);

async function liveTogether(
  t: TestContext,
  { gateway, dovecot, seed }: { gateway: GatewayProcess; dovecot: PrivateDovecot; seed: number },
): Promise<void> {
  const user = `seed${seed}`;
  const path = gateway.maildirPath(user);
  const imap = await ImapClient.login(t, dovecot.ports.imap, user, PASSWORD);
  await imap.call("create", "Kept");
  const parts = { path, user, pop3Port: gateway.ports.none, imap, choice: new SeededChoice(seed), count: MESSAGES };
  const maildrop = new SharedMaildrop(parts);
  try {
    for (let step = 0; step < STEPS; step += 1) await maildrop.step();
    await maildrop.finish();
    assert.deepEqual(foldersOf(await imap.call("list")), ["INBOX", "Kept"]);
    expectRightQuota(dovecot, path, user);
  } catch (fault) {
    throw new Error(`seed ${seed}: ${maildrop.history.join("; ")}`, { cause: fault });
  }
}

test(
  "a message that IMAP has moved to a folder is gone from the maildrop: DELE and QUIT leave it there",
  needsDovecot(),
  async (t) => {
    const { gateway, dovecot } = await bothServers(t, ["alice"]);
    const imap = await ImapClient.login(t, dovecot.ports.imap, "alice", PASSWORD);
    await imap.call("create", "Kept");
    const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
    await client.ok("DELE 1");
    await imap.call("uid", "MOVE", "1:2", "Kept");
    await client.err("RETR 2");
    await client.ok("DELE 2");
    assert.ok((await client.quit()).ok);
    const kept = join(gateway.maildirPath(), ".Kept");
    assert.equal(["new", "cur"].flatMap((folder) => readdirSync(join(kept, folder))).length, 2);
    assert.equal(gateway.maildir().count, MESSAGES - 2);
    expectRightQuota(dovecot, gateway.maildirPath(), "alice");
  },
);

test("a POP3 session leaves the files of Dovecot as they are, octet for octet", needsDovecot(), async (t) => {
  const { gateway, dovecot } = await bothServers(t, ["alice"]);
  const imap = await ImapClient.login(t, dovecot.ports.imap, "alice", PASSWORD);
  await imap.call("uid", "STORE", "3", "+FLAGS", "(\\Flagged $Label1)");
  await dovecot.stop();
  const before = filesOfDovecot(gateway.maildirPath());
  assert.ok(before.has("dovecot-uidlist") && before.has("dovecot.index.log") && before.has("dovecot-keywords"));
  const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  for (const number of [1, 2, 3]) await client.retrieve(number);
  for (const number of [2, 3]) await client.ok(`DELE ${number}`);
  await client.quit();
  assert.deepEqual(filesOfDovecot(gateway.maildirPath()), before);
});

test("after postigo forget nothing of Postigo is left, and Dovecot has the mail it had", needsDovecot(), async (t) => {
  const { gateway, dovecot } = await bothServers(t, ["alice"]);
  const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  await client.retrieve(1);
  await client.ok("DELE 2");
  await client.quit();
  await gateway.stop();
  const { status, stderr } = await gateway.command("forget", "alice");
  assert.equal(status, 0, stderr);
  assert.deepEqual(
    readdirSync(gateway.maildirPath()).filter((name) => name.includes("postigo")),
    [],
  );
  const imap = await ImapClient.login(t, dovecot.ports.imap, "alice", PASSWORD);
  const [uids] = await imap.call("uid", "SEARCH", "ALL");
  assert.equal(String(uids).split(" ").length, MESSAGES - 1);
  assert.deepEqual(complaintsOf(dovecot), []);
});

test(
  "what Postigo keeps in a maildrop is no folder of Dovecot's; with LAYOUT=fs held mail is one that nobody can open or delete",
  needsDovecot(),
  async (t) => {
    const { gateway, dovecot } = await bothServers(t, ["alice"], { deleted: "hold 30d" });
    const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
    await client.ok("DELE 1");
    await client.quit();
    const hold = join(gateway.maildirPath(), "postigo.hold");
    const held = readdirSync(hold);
    assert.equal(held.length, 1);
    const imap = await ImapClient.login(t, dovecot.ports.imap, "alice", PASSWORD);
    assert.deepEqual(foldersOf(await imap.call("list")), ["INBOX"]);
    await dovecot.stop();
    await dovecot.startAgain(`mail_location = maildir:${gateway.spool}/%u:LAYOUT=fs`);
    const again = await ImapClient.login(t, dovecot.ports.imap, "alice", PASSWORD);
    const folders = await again.call("list");
    assert.deepEqual(foldersOf(folders), ["INBOX", "postigo.hold"]);
    assert.match(String(folders.find((line) => String(line).includes("postigo.hold"))), /\\Noselect/);
    await assert.rejects(again.call("select", "postigo.hold"), /Mailbox doesn't exist/);
    await assert.rejects(again.call("delete", "postigo.hold"), /has children/);
    assert.deepEqual(readdirSync(hold), held);
  },
);

async function bothServers(
  t: TestContext,
  users: readonly string[],
  maildrop = {},
): Promise<{ gateway: GatewayProcess; dovecot: PrivateDovecot }> {
  const accounts = Object.fromEntries(users.map((user) => [user, `{PLAIN}${PASSWORD}`]));
  const owner = `${MAIL_OWNER}`;
  const gateway = await GatewayProcess.start(t, {
    users: accounts,
    configuration: { user: owner, group: owner, maildrop },
  });
  for (const user of users) giveToMailOwner(gateway.maildir(user).fillWithNumbered(MESSAGES).path);
  const dovecot = await PrivateDovecot.start(t, { spool: gateway.spool, users, quotaRule: "*:storage=10M" });
  // Makes maildirsize, as the first delivery through Dovecot would.
  for (const user of users) dovecot.doveadm("quota", "recalc", "-u", user);
  return { gateway, dovecot };
}

/** maildirsize as it stands, what Dovecot says of it, and the files themselves: one figure. */
function expectRightQuota(dovecot: PrivateDovecot, path: string, user: string): void {
  const files = [path, join(path, ".Kept")].flatMap((folder) =>
    ["new", "cur"]
      .map((part) => join(folder, part))
      .filter(existsSync)
      .flatMap((part) => readdirSync(part).map((name) => join(part, name))),
  );
  const octets = files.reduce((sum, file) => sum + lstatSync(file).size, 0);
  assert.deepEqual(usageIn(path), { octets, messages: files.length });
  const told = dovecot.doveadm("-f", "tab", "quota", "get", "-u", user);
  assert.match(told, new RegExp(`^User quota\\tMESSAGE\\t${files.length}\\t`, "m"));
  assert.match(told, new RegExp(`^User quota\\tSTORAGE\\t${Math.ceil(octets / 1024)}\\t`, "m"));
}

/** Content and times of all that Dovecot keeps in the root. */
function filesOfDovecot(path: string): Map<string, string> {
  const names = readdirSync(path).filter((name) => name.startsWith("dovecot"));
  return new Map(
    names.map((name) => {
      const { mtimeMs, ctimeMs, ino } = lstatSync(join(path, name));
      return [name, `${ino} ${mtimeMs} ${ctimeMs} ${readFileSync(join(path, name)).toString("base64")}`];
    }),
  );
}

const foldersOf = (lines: readonly unknown[]): string[] =>
  lines.map((line) => /"?([^" ]+)"?$/.exec(String(line))?.[1] ?? "").sort();

const complaintsOf = ({ log }: PrivateDovecot): string[] =>
  log.split("\n").filter((line) => /Warning|Error|Fatal|Panic/.test(line));
