// What POP3 clients delete with `maildrop.deleted: trash` is what Dovecot and Courier show in their Trash folder: the same octets and
// flags. Their quota, as it stands and counted anew, is ours, whether it counts the trash or not.

import assert from "node:assert/strict";
import { chownSync, lstatSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { canonical } from "../support/canonical.js";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { ImapClient } from "../support/imap-client.js";
import { giveToMailOwner, MAIL_OWNER } from "../support/mail-owner.js";
import { numberedMessage } from "../support/maildir-fixture.js";
import { usageIn } from "../support/maildirsize.js";
import { needsCourier, PrivateCourier } from "../support/private-courier.js";
import { PrivateDovecot } from "../support/private-dovecot.js";
import { RawClient } from "../support/raw-client.js";
import { needsRoot, run } from "../support/real-client.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const MESSAGES = 8;
const DELETED = [2, 3, 5];
/** As IMAP has set them: a message that goes is not marked first, not even one that was retrieved. */
const FLAGS = new Map([
  [2, "\\Answered \\Flagged"],
  [3, "\\Draft"],
  [5, ""],
]);
const QUOTA = 10_485_760;
const LINE = "a line that makes a message longer\n";
const COUNTS = [
  { trashCounts: true, settings: "" },
  { trashCounts: false, settings: "plugin {\n  quota_rule2 = Trash:ignore\n}" },
];

for (const { trashCounts, settings } of COUNTS) {
  const what = `trash_counts: ${trashCounts}`;
  test(
    `Dovecot shows what was deleted in its Trash, with flags; its quota counted anew is what we told it (${what})`,
    needsRoot("/usr/lib/dovecot/imap", "dovecot-imapd"),
    async (t) => {
      const gateway = await gatewayWithTrash(t, trashCounts);
      const dovecot = await dovecotWithQuota(t, gateway, settings);
      const imap = await ImapClient.login(t, dovecot.ports.imap, "alice", PASSWORD);
      await imap.call("uid", "STORE", "2", "+FLAGS", "(\\Answered \\Flagged)");
      await imap.call("uid", "STORE", "3", "+FLAGS", "(\\Draft)");
      await deleteByPop3(gateway);
      // A session of Dovecot's goes on showing the folders that it began with.
      const later = await ImapClient.login(t, dovecot.ports.imap, "alice", PASSWORD);
      assert.deepEqual(foldersOf(await later.call("list")), ["INBOX", "Trash"]);
      await expectInTrash(later, "Trash");
      expectQuotaOfDovecot(dovecot, gateway, trashCounts);
      await gateway.command("undelete", "alice", "--since", "1h");
      expectQuotaOfDovecot(dovecot, gateway, trashCounts);
      assert.equal(gateway.maildir().count, MESSAGES);
      assert.doesNotMatch(dovecot.log, /Warning|Error|Fatal|Panic/);
    },
  );
}

test(
  "Dovecot and Postigo empty the trash in turn: the quota that counts it hears of each message once",
  needsRoot("/usr/lib/dovecot/imap", "dovecot-imapd"),
  async (t) => {
    const gateway = await gatewayWithTrash(t, true);
    const dovecot = await dovecotWithQuota(t, gateway);
    await deleteByPop3(gateway);
    const imap = await ImapClient.login(t, dovecot.ports.imap, "alice", PASSWORD);
    await imap.call("select", "Trash");
    await imap.expunge(String((await imap.find("Message-ID", "<3@example.test>"))[0]));
    expectQuotaOfDovecot(dovecot, gateway, true);
    const client = await RawClient.login(gateway.ports.none, "alice+Trash", PASSWORD);
    assert.equal((await client.lines("UIDL")).length, DELETED.length - 1);
    await client.ok("DELE 1");
    await client.ok("QUIT");
    expectQuotaOfDovecot(dovecot, gateway, true);
    assert.equal(filesIn(trashOf(gateway)).length, DELETED.length - 2);
  },
);

test(
  "mail of one name that was deleted twice, and mail of the longest name, stand in Dovecot's Trash and come back",
  needsRoot("/usr/lib/dovecot/imap", "dovecot-imapd"),
  async (t) => {
    const gateway = await gatewayWithTrash(t, true);
    const dovecot = await dovecotWithQuota(t, gateway);
    const maildir = gateway.maildir();
    const [name = ""] = maildir.files();
    const longest = `1700000001.M1P1.${"h".repeat(239)}`;
    for (const message of [20, 21]) {
      await deleteAll(gateway);
      for (const each of [name.slice(4), longest]) maildir.add({ what: "", octets: messageOf(message), name: each });
      giveToMailOwner(maildir.path);
    }
    await deleteAll(gateway);
    assert.equal(maildir.count, 0);
    const imap = await ImapClient.login(t, dovecot.ports.imap, "alice", PASSWORD);
    // The second of the longest name has no room for another name there: it is held.
    assert.deepEqual(await imap.call("select", "Trash"), [`${MESSAGES + 3}`]);
    for (const [message, count] of [
      [1, 1],
      [20, 2],
      [21, 1],
    ] as const) {
      assert.equal((await imap.find("Message-ID", `<${message}@example.test>`)).length, count, `message ${message}`);
    }
    assert.equal(readdirSync(join(maildir.path, "postigo.hold")).length, 1);
    const { stdout } = await gateway.command("undelete", "alice", "--since", "1h", "--json");
    const { messages } = JSON.parse(stdout.toString()) as { messages: readonly { result: string }[] };
    assert.equal(messages.filter(({ result }) => result === "restored").length, MESSAGES + 1, "one of each name");
    assert.equal(maildir.count, MESSAGES + 1);
    assert.doesNotMatch(dovecot.log, /Warning|Error|Fatal|Panic/);
  },
);

test(
  "Courier's imapd shows what was deleted in its Trash, with flags, and its own quota reply is our figure",
  needsCourier(),
  async (t) => {
    const gateway = await gatewayWithTrash(t, false);
    writeFileSync(join(gateway.maildirPath(), "maildirsize"), `${QUOTA}S\n${octetsOf(gateway, "")} ${MESSAGES}\n`);
    giveToMailOwner(gateway.maildirPath());
    const courier = await PrivateCourier.start(t, { spool: gateway.spool, users: ["alice"], service: "imap" });
    const imap = await ImapClient.login(t, courier.port, "alice", PASSWORD);
    await imap.call("uid", "STORE", "2", "+FLAGS", "(\\Answered \\Flagged)");
    await imap.call("uid", "STORE", "3", "+FLAGS", "(\\Draft)");
    await deleteByPop3(gateway);
    assert.deepEqual(foldersOf(await imap.call("list")), ["INBOX", "INBOX.Trash"]);
    await expectInTrash(imap, "INBOX.Trash");
    const [, [told]] = (await imap.call("getquotaroot", "INBOX")) as [unknown, [string]];
    const kilobytes = Math.ceil(octetsOf(gateway, "") / 1024);
    assert.match(told, new RegExp(`STORAGE ${kilobytes} ${QUOTA / 1024}\\b`));
  },
);

test(
  "Courier's deliverquota, which leaves the trash out, counts anew what we had told it",
  needsRoot("deliverquota.courier", "courier-base"),
  async (t) => {
    const gateway = await gatewayWithTrash(t, false);
    const path = gateway.maildirPath();
    writeFileSync(join(path, "maildirsize"), `${QUOTA}S\n${octetsOf(gateway, "")} ${MESSAGES}\n`);
    giveToMailOwner(path);
    await deleteByPop3(gateway);
    const told = usageIn(path);
    assert.deepEqual(told, { octets: octetsOf(gateway, ""), messages: MESSAGES - DELETED.length });
    // Another quota than stands in the file makes it count all folders anew.
    const input = messageOf(9).toString("latin1");
    const { status, stderr } = await run("deliverquota.courier", [path, `${QUOTA + 1}S`], { input, user: MAIL_OWNER });
    assert.equal(status, 0, stderr);
    const delivered = filesIn(path).find((file) => /,S=\d+/.test(file)) ?? "";
    const octets = told.octets + lstatSync(join(path, delivered)).size;
    assert.deepEqual(usageIn(path), { octets, messages: told.messages + 1 });
    assert.equal(filesIn(trashOf(gateway)).length, DELETED.length);
  },
);

/** Each some kilobytes longer than the one before it: a quota that has taken one for another is seen to be wrong. */
function messageOf(n: number): Buffer {
  return Buffer.concat([numberedMessage(n), Buffer.alloc(n * LINE.length * 100, LINE, "latin1")]);
}

async function dovecotWithQuota(t: TestContext, { spool }: GatewayProcess, settings = ""): Promise<PrivateDovecot> {
  const dovecot = await PrivateDovecot.start(t, { spool, users: ["alice"], quotaRule: "*:storage=10M", settings });
  dovecot.doveadm("quota", "recalc", "-u", "alice");
  return dovecot;
}

async function gatewayWithTrash(t: TestContext, trashCounts: boolean): Promise<GatewayProcess> {
  const owner = `${MAIL_OWNER}`;
  const maildrop = { deleted: "trash", trash_counts: trashCounts };
  const place = join(temporaryDirectory(t), "mail");
  const spool = { maildir: `${place}/%{user}`, folder_separator: "+" };
  const configuration = { user: owner, group: owner, maildrop, spool };
  const gateway = await GatewayProcess.start(t, { configuration, spool: place });
  chownSync(gateway.spool, MAIL_OWNER, MAIL_OWNER);
  const maildir = gateway.maildir();
  for (let n = 1; n <= MESSAGES; n += 1) maildir.add({ what: `${n}`, octets: messageOf(n) });
  giveToMailOwner(maildir.path);
  return gateway;
}

/** Retrieves message 3, and deletes the DELETED. */
async function deleteByPop3(gateway: GatewayProcess): Promise<void> {
  const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  await client.retrieve(3);
  await client.ok("DELE 1");
  await client.ok("RSET");
  for (const message of DELETED) await client.ok(`DELE ${message}`);
  await client.ok("QUIT");
}

async function deleteAll(gateway: GatewayProcess): Promise<void> {
  const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  const count = (await client.lines("UIDL")).length;
  for (let number = 1; number <= count; number += 1) await client.ok(`DELE ${number}`);
  await client.ok("QUIT");
}

/** The DELETED and nothing else, each with its flags, octet for octet. */
async function expectInTrash(imap: ImapClient, folder: string): Promise<void> {
  assert.deepEqual(await imap.call("select", folder), [`${DELETED.length}`]);
  for (const message of DELETED) {
    const [uid = "", ...more] = await imap.find("Message-ID", `<${message}@example.test>`);
    assert.ok(uid !== "" && more.length === 0, `message ${message} is there once`);
    const [[head, octets]] = (await imap.call("uid", "FETCH", uid, "(FLAGS BODY.PEEK[])")) as [[string, string]];
    assert.equal(octets, canonical(messageOf(message)).toString("latin1"));
    const flags = /FLAGS \(([^)]*)\)/.exec(head)?.[1]?.split(" ") ?? [];
    assert.equal(
      flags
        .filter((flag) => flag !== "\\Recent")
        .sort()
        .join(" "),
      FLAGS.get(message),
      `${message}: ${head}`,
    );
  }
}

/** maildirsize as it stands, what Dovecot says of it, and what Dovecot counts: one figure. */
function expectQuotaOfDovecot(dovecot: PrivateDovecot, gateway: GatewayProcess, trashCounts: boolean): void {
  const folders = trashCounts ? ["", ".Trash"] : [""];
  const octets = folders.reduce((sum, folder) => sum + octetsOf(gateway, folder), 0);
  const messages = folders.reduce((sum, folder) => sum + filesIn(join(gateway.maildirPath(), folder)).length, 0);
  const figures = (): string => dovecot.doveadm("-f", "tab", "quota", "get", "-u", "alice");
  assert.deepEqual(usageIn(gateway.maildirPath()), { octets, messages });
  const told = figures();
  assert.match(told, new RegExp(`MESSAGE\\t${messages}\\t`));
  assert.match(told, new RegExp(`STORAGE\\t${Math.ceil(octets / 1024)}\\t`));
  dovecot.doveadm("quota", "recalc", "-u", "alice");
  assert.deepEqual(usageIn(gateway.maildirPath()), { octets, messages }, "counted anew");
  assert.equal(figures(), told, "counted anew");
}

const trashOf = (gateway: GatewayProcess): string => join(gateway.maildirPath(), ".Trash");

const filesIn = (folder: string): string[] =>
  ["new", "cur"].flatMap((part) => readdirSync(join(folder, part)).map((name) => `${part}/${name}`));

const octetsOf = (gateway: GatewayProcess, folder: string): number =>
  filesIn(join(gateway.maildirPath(), folder))
    .map((file) => lstatSync(join(gateway.maildirPath(), folder, file)).size)
    .reduce((sum, size) => sum + size, 0);

const foldersOf = (lines: readonly unknown[]): string[] =>
  lines.map((line) => /"?([^" ]+)"?$/.exec(String(line))?.[1] ?? "").sort();
