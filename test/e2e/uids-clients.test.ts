// Clients that leave mail on the server, with what they remember of the old server: from Postigo they fetch nothing, and delete nothing.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { FETCHED, Fetchmail, NOTHING_NEW } from "../support/fetchmail.js";
import { GatewayProcess } from "../support/gateway-process.js";
import { Getmail } from "../support/getmail.js";
import { giveToMailOwner } from "../support/mail-owner.js";
import { MaildirFixture } from "../support/maildir-fixture.js";
import { listingOf, TAKING_OVER, uidsSucceed } from "../support/old-server.js";
import { needsCourier, PrivateCourier } from "../support/private-courier.js";
import { PrivateDovecot } from "../support/private-dovecot.js";
import { needs, needsRoot } from "../support/real-client.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const COUNT = 30;

const PREDECESSORS = [
  {
    from: "dovecot",
    needed: needsRoot("/usr/lib/dovecot/pop3", "dovecot-pop3d"),
    options: ["--stopped", "--dovecot-run", "/nowhere"],
    start: async (t: TestContext, spool: string) => {
      const dovecot = await PrivateDovecot.start(t, { spool, users: ["alice"] });
      return { port: dovecot.ports.pop3, stop: () => dovecot.stop() };
    },
  },
  {
    from: "courier",
    needed: needsCourier(),
    options: [],
    start: (t: TestContext, spool: string) => PrivateCourier.start(t, { spool, users: ["alice"] }),
  },
];

for (const { from, needed, options, start } of PREDECESSORS) {
  const words = ["import", "alice", "--from", from, ...options];

  test(`fetchmail fetches nothing again after the move from ${from}, and then only new mail`, {
    ...needs("fetchmail"),
    ...needed,
  }, async (t) => {
    const { spool, maildir } = spoolOf(t);
    const old = await start(t, spool);
    const fetchmail = new Fetchmail(temporaryDirectory(t));
    const poll = (): Promise<number | null> =>
      fetchmail.poll(old.port, "uidl keep sslproto ''").then((end) => end.status);
    assert.equal(await poll(), FETCHED);
    assert.equal(fetchmail.fetched().length, COUNT);
    await old.stop();
    const gateway = await takeOver(t, spool, old.port);
    await uidsSucceed(gateway, words);
    assert.equal(await poll(), NOTHING_NEW);
    assert.equal(maildir.count, COUNT);
    deliver(maildir);
    assert.equal(await poll(), FETCHED);
    assert.equal(fetchmail.fetched().length, COUNT + 1);
  });

  test(`getmail fetches nothing again after the move from ${from}, and deletes nothing`, {
    ...needs("getmail", "getmail6"),
    ...needed,
  }, async (t) => {
    const { spool, maildir } = spoolOf(t);
    const old = await start(t, spool);
    const getmail = new Getmail(temporaryDirectory(t));
    const poll = (): Promise<void> => getmail.poll("SimplePOP3Retriever", old.port, "read_all = false");
    await poll();
    assert.equal(getmail.fetched().length, COUNT);
    await old.stop();
    const gateway = await takeOver(t, spool, old.port);
    await uidsSucceed(gateway, words);
    await poll();
    assert.equal(getmail.fetched().length, COUNT);
    assert.equal(maildir.count, COUNT);
    assert.equal((await listingOf(old.port)).uids.length, COUNT);
    deliver(maildir);
    await poll();
    assert.equal(getmail.fetched().length, COUNT + 1);
  });
}

test("without an import fetchmail fetches everything again: the tests above would notice", {
  ...needs("fetchmail"),
  ...needsRoot("/usr/lib/dovecot/pop3", "dovecot-pop3d"),
}, async (t) => {
  const { spool } = spoolOf(t);
  const old = await PrivateDovecot.start(t, { spool, users: ["alice"] });
  const fetchmail = new Fetchmail(temporaryDirectory(t));
  await fetchmail.poll(old.ports.pop3, "uidl keep sslproto ''");
  await old.stop();
  await takeOver(t, spool, old.ports.pop3);
  await fetchmail.poll(old.ports.pop3, "uidl keep sslproto ''");
  assert.equal(fetchmail.fetched().length, 2 * COUNT);
});

function spoolOf(t: TestContext): { readonly spool: string; readonly maildir: MaildirFixture } {
  const spool = join(temporaryDirectory(t), "mail");
  mkdirSync(spool);
  const maildir = new MaildirFixture(join(spool, "alice")).fillWithNumbered(COUNT);
  giveToMailOwner(spool);
  return { spool, maildir };
}

/** Postigo where the old server was: clients know servers by their port too. */
function takeOver(t: TestContext, spool: string, port: number): Promise<GatewayProcess> {
  const listen = [port, 0, 0].map((number) => ({ address: "127.0.0.1", port: number, tls: "none" }));
  return GatewayProcess.start(t, { spool, configuration: { ...TAKING_OVER, listen } });
}

function deliver(maildir: MaildirFixture): void {
  maildir.add({ what: "new", name: "1799000000.M1P1.new", octets: Buffer.from("Subject: new\n\nmail\n") });
  giveToMailOwner(maildir.path);
}
