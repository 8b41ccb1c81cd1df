// mpop: pipelines, knows SCRAM, and checks every count it is told.

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { withLf } from "../support/canonical.js";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { ordinaryMessages } from "../support/hard-messages.js";
import { needs, run } from "../support/real-client.js";
import { assertSameMessages } from "../support/same-messages.js";

class Mpop {
  readonly #home: string;

  constructor(gateway: GatewayProcess) {
    this.#home = join(gateway.directory, "mpop");
    for (const folder of ["new", "cur", "tmp"]) mkdirSync(join(this.#home, "mail", folder), { recursive: true });
  }

  async poll(port: number, ...settings: readonly string[]): Promise<void> {
    const configuration = join(this.#home, "mpoprc");
    const lines = [
      "account default",
      "host localhost",
      `port ${port}`,
      "user alice",
      `password ${PASSWORD}`,
      `uidls_file ${this.#home}/uidls`,
      `delivery maildir ${this.#home}/mail`,
      "received_header off",
      ...settings,
    ];
    writeFileSync(configuration, `${lines.join("\n")}\n`, { mode: 0o600 });
    const { status, stderr, stdout } = await run("mpop", ["-C", configuration], { env: { HOME: this.#home } });
    assert.equal(status, 0, stderr + stdout);
  }

  fetched(): Buffer[] {
    const folder = join(this.#home, "mail", "new");
    return readdirSync(folder).map((name) => readFileSync(join(folder, name)));
  }
}

for (const mechanism of ["scram-sha-256", "scram-sha-1", "cram-md5", "plain", "login", "user"]) {
  test(`mpop logs in by ${mechanism} over POP3S and keeps the mail`, needs("mpop"), async (t) => {
    const gateway = await GatewayProcess.start(t);
    const maildir = gateway.maildir().fill(ordinaryMessages);
    const trust = `tls_trust_file ${gateway.certificate.certificate}`;
    const mpop = new Mpop(gateway);
    const settings = [`auth ${mechanism}`, "keep on", "tls on", "tls_starttls off", trust];
    await mpop.poll(gateway.ports.implicit, ...settings);
    assertSameMessages(mpop.fetched(), maildir.canonicalContents().map(withLf));
    const login = await gateway.event("login");
    assert.equal(login.mechanism, mechanism === "user" ? "USER" : mechanism.toUpperCase());
    await mpop.poll(gateway.ports.implicit, ...settings);
    assert.equal(mpop.fetched().length, ordinaryMessages.length, "the second poll fetches nothing");
  });
}

test("mpop logs in by APOP without TLS", needs("mpop"), async (t) => {
  const gateway = await GatewayProcess.start(t, { configuration: { auth: { plaintext: "tls", apop: true } } });
  gateway.maildir().fillWithNumbered(3);
  const mpop = new Mpop(gateway);
  await mpop.poll(gateway.ports.none, "auth apop", "tls off");
  assert.equal(mpop.fetched().length, 3);
});

for (const pipelining of ["on", "off"]) {
  test(`mpop with pipelining ${pipelining} fetches and deletes 500 messages after STLS`, needs("mpop"), async (t) => {
    const gateway = await GatewayProcess.start(t);
    const maildir = gateway.maildir().fillWithNumbered(500);
    const expected = maildir.canonicalContents().map(withLf);
    const mpop = new Mpop(gateway);
    const trust = `tls_trust_file ${gateway.certificate.certificate}`;
    const settings = [`pipelining ${pipelining}`, "keep off", "tls on", "tls_starttls on", trust];
    await mpop.poll(gateway.ports.starttls, ...settings);
    assertSameMessages(mpop.fetched(), expected);
    assert.deepEqual(maildir.files(), []);
  });
}
