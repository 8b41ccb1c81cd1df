// What the other tests take for granted of the Dovecot they start.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PASSWORD } from "../support/gateway-process.js";
import { giveToMailOwner } from "../support/mail-owner.js";
import { MaildirFixture } from "../support/maildir-fixture.js";
import { PrivateDovecot } from "../support/private-dovecot.js";
import { RawClient } from "../support/raw-client.js";
import { needsRoot } from "../support/real-client.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

test(
  "a private Dovecot serves POP3 and IMAP, keeps a quota, ends whole and starts again",
  needsRoot("/usr/lib/dovecot/imap", "dovecot-imapd"),
  async (t) => {
    const spool = temporaryDirectory(t);
    const dovecot = await PrivateDovecot.start(t, { spool, users: ["alice"], quotaRule: "*:storage=10M" });
    const maildir = new MaildirFixture(join(spool, "alice")).fillWithNumbered(3);
    giveToMailOwner(maildir.path);
    const octets = maildir.canonicalContents().reduce((sum, { length }) => sum + length, 0);
    assert.equal(await messagesOf(dovecot), `3 ${octets}`);
    assert.match(dovecot.doveadm("quota", "recalc", "-u", "alice"), /^$/);
    assert.match(readFileSync(join(spool, "alice/maildirsize"), "latin1"), /^10485760S\n/);
    await dovecot.stop();
    assert.ok(!existsSync(join(dovecot.directory, "base/master.pid")));
    await dovecot.startAgain("pop3_uidl_format = %f");
    const client = await RawClient.login(dovecot.ports.pop3, "alice", PASSWORD);
    assert.match((await client.multiLine("UIDL")).body.toString("latin1"), /^1 1795000001\.M1P7/);
    await client.quit();
  },
);

async function messagesOf(dovecot: PrivateDovecot): Promise<string> {
  const client = await RawClient.login(dovecot.ports.pop3, "alice", PASSWORD);
  const { text } = await client.command("STAT");
  await client.quit();
  return text;
}
