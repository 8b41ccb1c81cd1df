// getmail6: leaves mail on the server and must not fetch it again; deletes when told.

import assert from "node:assert/strict";
import { test } from "node:test";
import { withLf } from "../support/canonical.js";
import { GatewayProcess } from "../support/gateway-process.js";
import { Getmail } from "../support/getmail.js";
import { ordinaryMessages } from "../support/hard-messages.js";
import { needs } from "../support/real-client.js";
import { assertSameMessages } from "../support/same-messages.js";

/** getmail writes the Return-Path anew, and puts question marks for octets above 0x7F into it. */
const MESSAGES = ordinaryMessages.filter(({ what }) => what !== "05-utf8-headers.eml");

test("getmail leaves mail on the server: the second poll fetches nothing", needs("getmail", "getmail6"), async (t) => {
  const gateway = await GatewayProcess.start(t);
  const maildir = gateway.maildir().fill(MESSAGES);
  const getmail = new Getmail(gateway.directory);
  const poll = (): Promise<void> => getmail.poll("SimplePOP3Retriever", gateway.ports.none, "read_all = false");
  await poll();
  assertSameMessages(getmail.fetched(), maildir.canonicalContents().map(withLf));
  await poll();
  assert.equal(getmail.fetched().length, MESSAGES.length);
  assert.equal((await gateway.eventsNamed("session-closed", 2)).length, 2);
});

test(
  "getmail over POP3S deletes what it has fetched: the Maildir is empty",
  needs("getmail", "getmail6"),
  async (t) => {
    const gateway = await GatewayProcess.start(t);
    const maildir = gateway.maildir().fillWithNumbered(50);
    const getmail = new Getmail(gateway.directory);
    await getmail.poll("SimplePOP3SSLRetriever", gateway.ports.implicit, "delete = true");
    assert.equal(getmail.fetched().length, 50);
    assert.deepEqual(maildir.files(), []);
  },
);
