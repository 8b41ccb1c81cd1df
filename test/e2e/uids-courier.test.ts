// From Debian's Courier: what it lists over POP3, Postigo lists after the import, id for id, octet for octet, in the same order.

import assert from "node:assert/strict";
import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { GatewayProcess } from "../support/gateway-process.js";
import { giveToMailOwner } from "../support/mail-owner.js";
import type { MaildirFixture } from "../support/maildir-fixture.js";
import { assertSameListing, contentsOf, listingOf, TAKING_OVER, uidsSucceed } from "../support/old-server.js";
import { needsCourier, PrivateCourier } from "../support/private-courier.js";

const IMPORT = ["import", "alice", "--from", "courier"];

test("nothing changes for clients of a Courier", needsCourier(), async (t) => {
  const { gateway, courier, maildir } = await start(t);
  const before = await listingOf(courier.port);
  assert.equal(before.uids.length, maildir.count);
  assert.match(before.uids[0] ?? "", /^1 UID\d+-\d+$/);
  const contents = await contentsOf(courier.port, before.uids.length);
  await courier.stop();
  await uidsSucceed(gateway, IMPORT);
  await assertSameListing(gateway.ports.none, before);
  assert.deepEqual(await contentsOf(gateway.ports.none, before.uids.length), contents);
});

test("mail that Courier has numbered late keeps its place, whatever its flags", needsCourier(), async (t) => {
  const { gateway, courier, maildir } = await start(t);
  await listingOf(courier.port);
  maildir.add({ what: "early", name: "1600000000.M5P9.early,S=20", octets: Buffer.from("Subject: early\n\nabc\n") });
  giveToMailOwner(maildir.path);
  const before = await listingOf(courier.port);
  await courier.stop();
  await uidsSucceed(gateway, IMPORT);
  for (const file of maildir.files()) {
    const base = file.split("/")[1]?.split(":")[0];
    renameSync(octets(join(maildir.path, file)), octets(join(maildir.path, `cur/${base}:2,RS`)));
  }
  await assertSameListing(gateway.ports.none, before);
});

test(
  "a second import from Courier changes nothing, and Courier's own list stays as it was",
  needsCourier(),
  async (t) => {
    const { gateway, courier, maildir } = await start(t);
    await listingOf(courier.port);
    await courier.stop();
    const list = readFileSync(join(maildir.path, "courierpop3dsizelist"));
    await uidsSucceed(gateway, IMPORT);
    assert.match(await uidsSucceed(gateway, IMPORT), /unchanged$/m);
    assert.deepEqual(readFileSync(join(maildir.path, "courierpop3dsizelist")), list);
  },
);

const octets = (path: string): Buffer => Buffer.from(path, "latin1");

interface Place {
  readonly gateway: GatewayProcess;
  readonly courier: PrivateCourier;
  readonly maildir: MaildirFixture;
}

async function start(t: TestContext): Promise<Place> {
  const gateway = await GatewayProcess.start(t, { configuration: TAKING_OVER });
  const maildir = gateway.maildir().fillWithNumbered(20);
  const message = Buffer.from("Subject: a\n\nwith bare line ends\n");
  for (const name of NAMES)
    maildir.add({ what: name, name, octets: message, folder: name.includes(":") ? "cur" : "new" });
  giveToMailOwner(gateway.spool);
  return { gateway, courier: await PrivateCourier.start(t, { spool: gateway.spool, users: ["alice"] }), maildir };
}

const NAMES = [
  "1795000100.M1P1.host,S=32",
  "1795000101.M2P2.host,S=32:2,S",
  "1795000103.31337_0.host",
  "1795000104.M4P4Q7.host:2,",
  // Of one second: by name, not by microseconds.
  "1795000104.M9P1.host:2,S",
  "1795000104.M10P1.host",
  "no-time.host:2,S",
  "1795000105.some name.host:2,S",
  "1795000106.M9\xe9+.host:2,S",
];
