// fetchmail: keep, nokeep, uidl; over plain connections, STLS and POP3S.

import assert from "node:assert/strict";
import { test } from "node:test";
import { withLf } from "../support/canonical.js";
import { AUTHENTICATION, FETCHED, Fetchmail, NOTHING_NEW } from "../support/fetchmail.js";
import { GatewayProcess } from "../support/gateway-process.js";
import { ordinaryMessages } from "../support/hard-messages.js";
import type { MaildirFixture } from "../support/maildir-fixture.js";
import { needs } from "../support/real-client.js";
import { assertSameMessages } from "../support/same-messages.js";

const stored = (maildir: MaildirFixture): Buffer[] => maildir.canonicalContents().map(withLf);
const PLAIN = "sslproto ''";

test("fetchmail uidl keep: all is fetched once, the second poll fetches nothing", needs("fetchmail"), async (t) => {
  const gateway = await GatewayProcess.start(t);
  const maildir = gateway.maildir().fill(ordinaryMessages);
  const fetchmail = new Fetchmail(gateway.directory);
  const first = await fetchmail.poll(gateway.ports.none, `uidl keep ${PLAIN}`);
  assert.equal(first.status, FETCHED, first.stderr + first.stdout);
  assertSameMessages(fetchmail.fetched(), stored(maildir));
  const second = await fetchmail.poll(gateway.ports.none, `uidl keep ${PLAIN}`);
  assert.equal(second.status, NOTHING_NEW, second.stderr + second.stdout);
  assert.equal(fetchmail.fetched().length, ordinaryMessages.length);
});

test("fetchmail uidl keep: after a restart of the gateway only new mail is fetched", needs("fetchmail"), async (t) => {
  const gateway = await GatewayProcess.start(t);
  const maildir = gateway.maildir().fillWithNumbered(20);
  const fetchmail = new Fetchmail(gateway.directory);
  await fetchmail.poll(gateway.ports.none, `uidl keep ${PLAIN}`);
  await gateway.stop();
  maildir.fillWithNumbered(1);
  await gateway.startAgain();
  const second = await fetchmail.poll(gateway.ports.none, `uidl keep ${PLAIN}`);
  assert.equal(second.status, FETCHED, second.stderr + second.stdout);
  assert.equal(fetchmail.fetched().length, 21);
});

for (const { name, port, options } of [
  { name: "plain", port: "none", options: PLAIN },
  { name: "STLS", port: "starttls", options: "sslproto TLS1.2+" },
  { name: "POP3S", port: "implicit", options: "ssl" },
] as const) {
  test(`fetchmail nokeep over ${name}: all is fetched, the Maildir is empty`, needs("fetchmail"), async (t) => {
    const gateway = await GatewayProcess.start(t);
    const maildir = gateway.maildir().fill(ordinaryMessages);
    const expected = stored(maildir);
    const fetchmail = new Fetchmail(gateway.directory);
    const trust = name === "plain" ? "" : `sslcertck sslcertfile "${gateway.certificate.certificate}"`;
    const { status, stderr, stdout } = await fetchmail.poll(gateway.ports[port], `nokeep ${options} ${trust}`);
    assert.equal(status, FETCHED, stderr + stdout);
    assertSameMessages(fetchmail.fetched(), expected);
    assert.deepEqual(maildir.files(), []);
    assert.equal((await gateway.event("login")).tls, name !== "plain");
  });
}

test("fetchmail takes a wrong password for one", needs("fetchmail"), async (t) => {
  const gateway = await GatewayProcess.start(t);
  const { status } = await new Fetchmail(gateway.directory).poll(
    gateway.ports.none,
    `keep ${PLAIN}`,
    "not the password",
  );
  assert.equal(status, AUTHENTICATION);
});
