// From Debian's Dovecot: what it lists over POP3, Postigo lists after the import, id for id, octet for octet, in the same order.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { giveToMailOwner } from "../support/mail-owner.js";
import type { MaildirFixture } from "../support/maildir-fixture.js";
import {
  assertSameListing,
  contentsOf,
  type Listing,
  listingOf,
  TAKING_OVER,
  uids,
  uidsSucceed,
} from "../support/old-server.js";
import { PrivateDovecot } from "../support/private-dovecot.js";
import { needsRoot } from "../support/real-client.js";

const DOVECOT = needsRoot("/usr/lib/dovecot/pop3", "dovecot-pop3d");

test("an import from a Dovecot of whose end there is no sign is refused, and says what to do", DOVECOT, async (t) => {
  const { gateway, dovecot, maildir } = await start(t);
  await listingOf(dovecot.ports.pop3);
  const base = ["import", "alice", "--from", "dovecot", "--dovecot-run", join(dovecot.directory, "base")];
  const guess = await uids(gateway, base);
  assert.equal(guess.status, 64);
  assert.match(guess.stderr, /Stop it \(systemctl stop dovecot\) and say --stopped, or say --lock/);
  const lie = await uids(gateway, [...base, "--stopped"]);
  assert.equal(lie.status, 69);
  assert.match(lie.stderr, /Dovecot runs \(process \d+, by .*master\.pid\); stop it/);
  assert.ok(!maildir.has("postigo.uids"));
});

for (const { name, format } of [
  { name: "dovecot", format: "%08Xu%08Xv" },
  { name: "dovecot-0.99", format: "%v.%u" },
  { name: "uw", format: "%08Xv%08Xu" },
  { name: "cyrus", format: "%v.%u" },
  { name: "cyrus-old", format: "%u" },
  { name: "courier", format: "%v-%u" },
  { name: "courier-old", format: "%f" },
  { name: "qmail", format: "%f" },
  { name: "guid", format: "%g" },
]) {
  test(`nothing changes for clients of a Dovecot with the unique-ids of ${name}`, DOVECOT, async (t) => {
    const { gateway, dovecot, maildir } = await start(
      t,
      `pop3_uidl_format = ${format}`,
      20,
      /f|g/.test(format) ? LEGAL : ALL,
    );
    const before = await listingOf(dovecot.ports.pop3);
    assert.equal(before.uids.length, maildir.count);
    const contents = await contentsOf(dovecot.ports.pop3, before.uids.length);
    await dovecot.stop();
    for (const given of [name, format]) {
      await uidsSucceed(gateway, ["import", "alice", ...STOPPED(dovecot), "--uidl-format", given]);
      await assertSameListing(gateway.ports.none, before);
    }
    assert.deepEqual(await contentsOf(gateway.ports.none, before.uids.length), contents);
  });
}

test("unique-ids that RFC 1939 forbids are told and left out; all others are the same", DOVECOT, async (t) => {
  const { gateway, dovecot } = await start(t, "pop3_uidl_format = %f");
  const before = await listingOf(dovecot.ports.pop3);
  await dovecot.stop();
  const { status, stdout, stderr } = await uids(gateway, [
    "import",
    "alice",
    ...STOPPED(dovecot),
    "--uidl-format",
    "%f",
  ]);
  assert.equal(status, 1, stderr);
  assert.match(stdout.toString(), /^alice +27 +0 +0 +0 +3 +0 +0 {2}imported$/m);
  assert.match(stderr, /some name.host" is illegal: the unique-id is not 1 to 70 octets of 0x21 to 0x7E/);
  const after = await listingOf(gateway.ports.none);
  const isLegal = (id: string): boolean => /^[!-~]{1,70}$/.test(id);
  const idsOf = ({ uids: lines }: Listing): string[] => lines.map((line) => line.slice(line.indexOf(" ") + 1));
  assert.deepEqual(idsOf(after).slice(0, 27), idsOf(before).filter(isLegal));
  assert.ok(idsOf(after).every(isLegal));
});

test(
  "P and O fields that an earlier migration has left go before the format, and set the order",
  DOVECOT,
  async (t) => {
    const { gateway, dovecot, maildir } = await start(t);
    await listingOf(dovecot.ports.pop3);
    await dovecot.stop();
    const list = join(maildir.path, "dovecot-uidlist");
    const lines = readFileSync(list, "latin1").split("\n");
    const edited = lines.map((line, at) => {
      if (at === 2) return line.replace(" ", " O9 PUID17-1111 ");
      if (at === 3) return line.replace(" ", " P ");
      return at === 5 ? line.replace(" ", " Pcyrus.5 O2 ") : line;
    });
    writeFileSync(list, edited.join("\n"), "latin1");
    await dovecot.startAgain();
    const before = await listingOf(dovecot.ports.pop3);
    assert.deepEqual(before.uids.slice(0, 2), ["1 cyrus.5", "2 UID17-1111"]);
    await dovecot.stop();
    await uidsSucceed(gateway, ["import", "alice", ...STOPPED(dovecot)]);
    await assertSameListing(gateway.ports.none, before);
  },
);

test("flags that change and mail that comes after the import alter no unique-id of it", DOVECOT, async (t) => {
  const { gateway, dovecot, maildir } = await start(t);
  const before = await listingOf(dovecot.ports.pop3);
  await dovecot.stop();
  await uidsSucceed(gateway, ["import", "alice", ...STOPPED(dovecot)]);
  for (const file of maildir.files()) {
    const base = file.split("/")[1]?.split(":")[0];
    renameSync(octets(join(maildir.path, file)), octets(join(maildir.path, `cur/${base}:2,FRS`)));
  }
  await assertSameListing(gateway.ports.none, before);
  maildir.add({ what: "later", name: "1700000000.M1P1.later", octets: Buffer.from("Subject: later\n\nx\n") });
  giveToMailOwner(maildir.path);
  const after = await listingOf(gateway.ports.none);
  assert.deepEqual(after.uids, [...before.uids, `${before.uids.length + 1} 1700000000.M1P1.later`]);
});

test(
  "--lock imports beside a Dovecot that runs, frees the lock, and finds what is delivered meanwhile",
  DOVECOT,
  async (t) => {
    const { gateway, dovecot, maildir } = await start(t);
    await listingOf(dovecot.ports.pop3);
    const words = ["import", "alice", "--from", "dovecot", "--lock"];
    await uidsSucceed(gateway, words);
    assert.ok(!readdirSync(maildir.path).some((name) => name.includes("uidlist.lock")));
    maildir.add({ what: "later", name: "1700000000.M1P1.later", octets: Buffer.from("Subject: later\n\nx\n") });
    giveToMailOwner(maildir.path);
    const before = await listingOf(dovecot.ports.pop3);
    await uidsSucceed(gateway, words);
    await assertSameListing(gateway.ports.none, before);
  },
);

test("a second import changes nothing, not even the file; preview and verify agree", DOVECOT, async (t) => {
  const { gateway, dovecot, maildir } = await start(t);
  await listingOf(dovecot.ports.pop3);
  const file = join(maildir.path, "postigo.uids");
  const preview = await uidsSucceed(gateway, ["preview", "alice", "--from", "dovecot"]);
  assert.match(preview, new RegExp(`^alice +${maildir.count} +0 +0 +0 +0 +0 +0  importable$`, "m"));
  assert.ok(!maildir.has("postigo.uids"), "a preview writes nothing");
  const words = ["import", "alice", "--from", "dovecot", "--lock"];
  await uidsSucceed(gateway, words);
  const first = identityOf(file);
  assert.match(await uidsSucceed(gateway, words), /unchanged$/m);
  assert.deepEqual(identityOf(file), first);
  const server = ["--server", `127.0.0.1:${dovecot.ports.pop3}`, "--tls", "none"];
  const verified = await uids(gateway, ["verify", "alice", ...server], `${PASSWORD}\n`);
  assert.equal(verified.status, 0, verified.stderr);
  assert.match(verified.stdout.toString(), new RegExp(`^alice +${maildir.count} +0 +0 +0 +0$`, "m"));
  assert.ok(!verified.stderr.includes(PASSWORD) && !verified.stdout.includes(PASSWORD));
});

test("10,000 messages are the same, one for one, after the import", DOVECOT, async (t) => {
  const { gateway, dovecot, maildir } = await start(t, "", 9_990);
  const before = await listingOf(dovecot.ports.pop3);
  assert.equal(before.uids.length, maildir.count);
  assert.ok(before.uids.length >= 10_000);
  await dovecot.stop();
  await uidsSucceed(gateway, ["import", "--all", ...STOPPED(dovecot)]);
  await assertSameListing(gateway.ports.none, before);
});

const octets = (path: string): Buffer => Buffer.from(path, "latin1");

function identityOf(path: string): readonly bigint[] {
  const { ino, ctimeNs } = statSync(path, { bigint: true });
  return [ino, ctimeNs];
}

const STOPPED = (dovecot: PrivateDovecot): readonly string[] => [
  ...["--from", "dovecot", "--stopped", "--dovecot-run", join(dovecot.directory, "base")],
];

interface Place {
  readonly gateway: GatewayProcess;
  readonly dovecot: PrivateDovecot;
  readonly maildir: MaildirFixture;
}

/** Both over one spool; the mail has names of several makers, some with fields, some with flags, not delivered in the order of their times. */
async function start(t: TestContext, settings = "", more = 20, names = ALL): Promise<Place> {
  const gateway = await GatewayProcess.start(t, { configuration: TAKING_OVER });
  const maildir = gateway.maildir().fillWithNumbered(more);
  const octets = Buffer.from("Subject: a\n\nwith bare line ends\n");
  for (const name of names) maildir.add({ what: name, name, octets, folder: name.includes(":") ? "cur" : "new" });
  giveToMailOwner(gateway.spool);
  const dovecot = await PrivateDovecot.start(t, { spool: gateway.spool, users: ["alice"], settings });
  await listingOf(dovecot.ports.pop3);
  const early = { what: "late", name: "1600000000.M5P9.early,S=32,W=35", octets };
  maildir.add(early);
  giveToMailOwner(gateway.spool);
  return { gateway, dovecot, maildir };
}

const LEGAL = [
  "1795000100.M1P1.host,S=32",
  "1795000101.M2P2.host,S=32,W=35:2,S",
  "1795000102.V801I1a2bM3.host:2,FS",
  "1795000103.31337_0.host",
  "1795000104.M4P4Q7.host:2,",
  "1795000099.M4P4Q8.host,S=32:2,RST",
];
/** Not fit to be unique-ids. */
const HARD = ["1795000105.some name.host:2,S", "1795000106.M9\xe9.host:2,S", `1795000107.${"long".repeat(18)}.host`];
const ALL = [...LEGAL, ...HARD];
