// Perl's Net::POP3.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { topOf, withLf } from "../support/canonical.js";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { ordinaryMessages } from "../support/hard-messages.js";
import { needs, run } from "../support/real-client.js";
import { assertSameMessages } from "../support/same-messages.js";

const SCRIPT = fileURLToPath(new URL("../../test/clients/net_pop3_session.pl", import.meta.url));

for (const login of ["login", "apop"]) {
  test(`Net::POP3 holds a whole session, login by ${login}`, needs("perl"), async (t) => {
    const configuration = { auth: { plaintext: "loopback", apop: true } };
    const gateway = await GatewayProcess.start(t, { configuration });
    const maildir = gateway.maildir().fill(ordinaryMessages);
    const expected = maildir.canonicalContents();
    const { status, stdout, stderr } = await run("perl", [SCRIPT, `${gateway.ports.none}`, "alice", PASSWORD, login]);
    assert.equal(status, 0, stderr);
    const facts = stdout
      .toString()
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" "));
    const fact = (name: string): string[] => facts.find(([first]) => first === name)?.slice(1) ?? [];
    const messages = facts
      .filter(([first]) => first === "message")
      .map(([, base64]) => Buffer.from(base64 ?? "", "base64"));
    assertSameMessages(messages, expected.map(withLf));
    assert.deepEqual(fact("count"), [`${expected.length}`]);
    assert.deepEqual(fact("stat"), [`${expected.length}`, `${expected.reduce((sum, { length }) => sum + length, 0)}`]);
    assert.equal(fact("list").length, expected.length);
    assert.equal(`2:${fact("uidl2")}`, fact("uidl")[1]);
    assert.deepEqual(Buffer.from(fact("top")[0] ?? "", "base64"), topOfLf(messages[0] ?? Buffer.alloc(0)));
    assert.deepEqual(fact("get-deleted"), ["refused"]);
    assert.equal(maildir.count, expected.length - 1);
  });
}

function topOfLf(message: Buffer): Buffer {
  return withLf(topOf(Buffer.from(message.toString("latin1").replaceAll("\n", "\r\n"), "latin1"), 1));
}
