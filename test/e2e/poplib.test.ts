// Python's poplib, which many scripts, Odoo and getmail stand on: all of its calls.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { canonical, topOf } from "../support/canonical.js";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { hardMessages } from "../support/hard-messages.js";
import { needs, run } from "../support/real-client.js";
import { assertSameMessages } from "../support/same-messages.js";

const SCRIPT = fileURLToPath(new URL("../../test/clients/poplib_session.py", import.meta.url));

interface Report {
  readonly capabilities: readonly string[];
  readonly stat: readonly [number, number];
  readonly list: readonly string[];
  readonly list2: string;
  readonly uidl: readonly string[];
  readonly uidl2: string;
  readonly messages: readonly string[];
  readonly top: string;
  readonly deletedIsGone: string | null;
  readonly beyond: string | null;
  readonly quit: string;
}

for (const { security, port, login } of [
  { security: "plain", port: "none", login: "pass" },
  { security: "plain", port: "none", login: "apop" },
  { security: "stls", port: "starttls", login: "pass" },
  { security: "pop3s", port: "implicit", login: "pass" },
] as const) {
  test(`poplib makes all of its calls over ${security}, login by ${login}`, needs("python3"), async (t) => {
    const configuration = { auth: { plaintext: "loopback", apop: true } };
    const gateway = await GatewayProcess.start(t, { configuration });
    const maildir = gateway.maildir().fill(hardMessages);
    const expected = maildir.canonicalContents();
    const args = [SCRIPT, `${gateway.ports[port]}`, "alice", PASSWORD, security, login];
    const { status, stdout, stderr } = await run("python3", args);
    assert.equal(status, 0, stderr);
    verify(JSON.parse(stdout.toString()), expected);
    assert.equal(maildir.count, expected.length - 1);
  });
}

function verify(report: Report, expected: readonly Buffer[]): void {
  const messages = report.messages.map((base64) => Buffer.from(base64, "base64"));
  assertSameMessages(messages, expected);
  const sizes = messages.map((message) => message.length);
  assert.deepEqual(report.stat, [expected.length, sizes.reduce((sum, octets) => sum + octets, 0)]);
  assert.deepEqual(
    report.list,
    sizes.map((octets, position) => `${position + 1} ${octets}`),
  );
  assert.equal(new Set(report.uidl).size, expected.length);
  assert.equal(report.list2, `+OK ${report.list[1]}`);
  assert.equal(report.uidl2, `+OK 2 ${report.uidl[1]}`);
  assert.deepEqual(Buffer.from(report.top, "base64"), topOf(messages[0] ?? canonical(Buffer.alloc(0)), 2));
  assert.match(report.deletedIsGone ?? "", /^-ERR /);
  assert.match(report.beyond ?? "", /^-ERR /);
  assert.match(report.quit, /^\+OK/);
}
