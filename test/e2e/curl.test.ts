// curl: every way to log in, every kind of connection, and every content, octet for octet.

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { canonical } from "../support/canonical.js";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { hardMessages, ordinaryMessages } from "../support/hard-messages.js";
import { type Finished, needs, run } from "../support/real-client.js";
import { assertSameMessages } from "../support/same-messages.js";

const CREDENTIALS = ["-sS", "-u", `alice:${PASSWORD}`] as const;
/** On an unencrypted loopback connection the configuration of the tests allows all of them. */
const MECHANISMS = ["PLAIN", "LOGIN", "CRAM-MD5"] as const;
const SCRAM = ["SCRAM-SHA-1", "SCRAM-SHA-256"] as const;

const curl = (...args: readonly string[]): Promise<Finished> => run("curl", [...CREDENTIALS, ...args]);

for (const mechanism of MECHANISMS) {
  for (const initialResponse of [false, true]) {
    const title = `curl logs in by ${mechanism} ${initialResponse ? "with" : "without"} an initial response`;
    test(title, needs("curl"), async (t) => {
      const gateway = await GatewayProcess.start(t);
      gateway.maildir().fill(ordinaryMessages);
      const options = ["--login-options", `AUTH=${mechanism}`, ...(initialResponse ? ["--sasl-ir"] : [])];
      const { status, stdout, stderr } = await curl(...options, `pop3://127.0.0.1:${gateway.ports.none}/1`);
      assert.equal(status, 0, stderr);
      assert.deepEqual(stdout, canonical(ordinaryMessages[0]?.octets ?? Buffer.alloc(0)));
      assert.equal((await gateway.event("login")).mechanism, mechanism);
    });
  }
}

for (const mechanism of SCRAM) {
  test(`curl logs in by ${mechanism}`, await needsGsasl(), async (t) => {
    const gateway = await GatewayProcess.start(t);
    gateway.maildir().fillWithNumbered(1);
    const { status, stderr } = await curl(
      ...["--login-options", `AUTH=${mechanism}`],
      `pop3://127.0.0.1:${gateway.ports.none}/`,
    );
    assert.equal(status, 0, stderr);
    assert.equal((await gateway.event("login")).mechanism, mechanism);
  });
}

test("curl logs in by APOP when the greeting offers it", needs("curl"), async (t) => {
  const gateway = await GatewayProcess.start(t, { configuration: { auth: { plaintext: "tls", apop: true } } });
  gateway.maildir().fillWithNumbered(1);
  const { status, stderr } = await curl("--login-options", "AUTH=+APOP", `pop3://127.0.0.1:${gateway.ports.none}/1`);
  assert.equal(status, 0, stderr);
  assert.equal((await gateway.event("login")).mechanism, "APOP");
});

test("curl insists on STLS and gets it", needs("curl"), async (t) => {
  const gateway = await GatewayProcess.start(t);
  gateway.maildir().fillWithNumbered(1);
  const trust = ["--cacert", gateway.certificate.certificate];
  const { status, stdout, stderr } = await curl(
    ...["--ssl-reqd", ...trust],
    `pop3://localhost:${gateway.ports.starttls}/1`,
  );
  assert.equal(status, 0, stderr);
  assert.match(stdout.toString(), /Subject: number 1\r\n/);
  assert.equal((await gateway.event("login")).tls, true);
});

test("curl hears -ERR for a wrong password, and the log has one login-failed line", needs("curl"), async (t) => {
  const gateway = await GatewayProcess.start(t);
  const url = `pop3://127.0.0.1:${gateway.ports.none}/`;
  const { status } = await run("curl", ["-sS", "-u", "alice:wrong-password", "--login-options", "AUTH=PLAIN", url]);
  assert.equal(status, 67, "CURLE_LOGIN_DENIED");
  const failed = await gateway.event("login-failed");
  assert.equal(failed.user, "alice");
  assert.ok(!gateway.log.includes("wrong-password"));
});

test("RFC 1939 §5: curl fetches every content exactly over POP3S", needs("curl"), async (t) => {
  const gateway = await GatewayProcess.start(t);
  const files = [...ordinaryMessages, ...hardMessages].filter(({ octets }) => octets.length > 0);
  const maildir = gateway.maildir().fill(files);
  const target = join(gateway.directory, "fetched");
  mkdirSync(target);
  const { status, stderr } = await curl(
    ...["-k", `pop3s://127.0.0.1:${gateway.ports.implicit}/[1-${files.length}]`],
    ...["-o", join(target, "#1")],
  );
  assert.equal(status, 0, stderr);
  const fetched = readdirSync(target).map((name) => readFileSync(join(target, name)));
  assertSameMessages(fetched, maildir.canonicalContents());
});

test("curl lists, asks for unique-ids and deletes by custom commands", needs("curl"), async (t) => {
  const gateway = await GatewayProcess.start(t);
  const maildir = gateway.maildir().fillWithNumbered(3);
  const url = `pop3://127.0.0.1:${gateway.ports.none}/`;
  const list = await curl(url);
  assert.match(list.stdout.toString(), /^1 \d+\r\n2 \d+\r\n3 \d+\r\n$/);
  const uidl = await curl(url, "-X", "UIDL");
  assert.match(uidl.stdout.toString(), /^1 [!-~]{1,70}\r\n2 [!-~]{1,70}\r\n3 [!-~]{1,70}\r\n$/);
  assert.equal((await curl(url, "-I", "-X", "DELE 2")).status, 0);
  assert.deepEqual(
    maildir.canonicalContents().map((octets) => /Subject: number (\d)/.exec(octets.toString())?.[1]),
    ["1", "3"],
  );
});

/** Debian builds curl without GNU SASL, whatever its version; mpop.test.ts shows SCRAM with a real client in any case. */
async function needsGsasl(): Promise<{ skip?: string }> {
  const { stdout } = await run("curl", ["--version"]).catch(() => ({ stdout: Buffer.alloc(0) }));
  return stdout.includes("gsasl") ? {} : { skip: "this curl was built without gsasl" };
}
