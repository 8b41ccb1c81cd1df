// fetchmail: keep, nokeep, uidl; over plain connections, STLS and POP3S.

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { withLf } from "../support/canonical.js";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { ordinaryMessages } from "../support/hard-messages.js";
import type { MaildirFixture } from "../support/maildir-fixture.js";
import { type Finished, needs, run } from "../support/real-client.js";
import { assertSameMessages } from "../support/same-messages.js";

/** fetchmail's exit statuses. */
const FETCHED = 0;
const NOTHING_NEW = 1;
const AUTHENTICATION = 3;

class Fetchmail {
  readonly #home: string;
  readonly #target: string;

  constructor(gateway: GatewayProcess) {
    this.#home = join(gateway.directory, "fetchmail");
    this.#target = join(this.#home, "mail");
    mkdirSync(this.#target, { recursive: true });
    writeFileSync(join(this.#home, "store"), `cat >"$(mktemp '${this.#target}/XXXXXXXXXX')"\n`);
  }

  poll(port: number, options: string, password = PASSWORD): Promise<Finished> {
    const configuration = join(this.#home, "fetchmailrc");
    const lines = [
      `poll localhost protocol POP3 service ${port} ${options.includes("uidl") ? "uidl" : ""}`,
      `username "alice" password "${password}" no rewrite mda "sh ${this.#home}/store"`,
      options.replace("uidl", ""),
    ];
    writeFileSync(configuration, `set invisible\n${lines.join("\n")}\n`, { mode: 0o600 });
    const files = ["--pidfile", join(this.#home, "pid"), "--idfile", join(this.#home, "ids")];
    return run("fetchmail", ["--fetchmailrc", configuration, "--nosyslog", "--nodetach", ...files], {
      env: { HOME: this.#home, FETCHMAILHOME: this.#home, LC_ALL: "C" },
    });
  }

  /** Messages fetched so far, with LF line ends as fetchmail hands them on. */
  fetched(): Buffer[] {
    return readdirSync(this.#target).map((name) => readFileSync(join(this.#target, name)));
  }
}

const stored = (maildir: MaildirFixture): Buffer[] => maildir.canonicalContents().map(withLf);
const PLAIN = "sslproto ''";

test("fetchmail uidl keep: all is fetched once, the second poll fetches nothing", needs("fetchmail"), async (t) => {
  const gateway = await GatewayProcess.start(t);
  const maildir = gateway.maildir().fill(ordinaryMessages);
  const fetchmail = new Fetchmail(gateway);
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
  const fetchmail = new Fetchmail(gateway);
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
    const fetchmail = new Fetchmail(gateway);
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
  const { status } = await new Fetchmail(gateway).poll(gateway.ports.none, `keep ${PLAIN}`, "not the password");
  assert.equal(status, AUTHENTICATION);
});
