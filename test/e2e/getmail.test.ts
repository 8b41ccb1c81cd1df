// getmail6: leaves mail on the server and must not fetch it again; deletes when told.

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { withLf } from "../support/canonical.js";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { ordinaryMessages } from "../support/hard-messages.js";
import { needs, run } from "../support/real-client.js";

class Getmail {
  readonly #home: string;

  constructor(gateway: GatewayProcess) {
    this.#home = join(gateway.directory, "getmail");
    for (const folder of ["new", "cur", "tmp"]) mkdirSync(join(this.#home, "mail", folder), { recursive: true });
  }

  async poll(retriever: string, port: number, options: string): Promise<void> {
    const configuration = join(this.#home, "getmailrc");
    const sections = [
      `[retriever]\ntype = ${retriever}\nserver = 127.0.0.1\nport = ${port}\nusername = alice\npassword = ${PASSWORD}`,
      `[destination]\ntype = Maildir\npath = ${this.#home}/mail/`,
      `[options]\nreceived = false\ndelivered_to = false\nverbose = 0\n${options}`,
    ];
    writeFileSync(configuration, `${sections.join("\n\n")}\n`, { mode: 0o600 });
    const { status, stderr, stdout } = await run("getmail", ["--getmaildir", this.#home, "--rcfile", configuration]);
    assert.equal(status, 0, stderr + stdout);
  }

  fetched(): Buffer[] {
    const folder = join(this.#home, "mail", "new");
    return readdirSync(folder)
      .map((name) => readFileSync(join(folder, name)))
      .sort(Buffer.compare);
  }
}

test("getmail leaves mail on the server: the second poll fetches nothing", needs("getmail", "getmail6"), async (t) => {
  const gateway = await GatewayProcess.start(t);
  const maildir = gateway.maildir().fill(ordinaryMessages);
  const getmail = new Getmail(gateway);
  const poll = (): Promise<void> => getmail.poll("SimplePOP3Retriever", gateway.ports.none, "read_all = false");
  await poll();
  assert.deepEqual(
    getmail.fetched().map(withoutAddedHeader),
    maildir.canonicalContents().map(withLf).sort(Buffer.compare),
  );
  await poll();
  assert.equal(getmail.fetched().length, ordinaryMessages.length);
  const logins = gateway.events.filter(({ event }) => event === "login");
  assert.equal(logins.length, 2);
});

test(
  "getmail over POP3S deletes what it has fetched: the Maildir is empty",
  needs("getmail", "getmail6"),
  async (t) => {
    const gateway = await GatewayProcess.start(t);
    const maildir = gateway.maildir().fillWithNumbered(50);
    const getmail = new Getmail(gateway);
    await getmail.poll("SimplePOP3SSLRetriever", gateway.ports.implicit, "delete = true");
    assert.equal(getmail.fetched().length, 50);
    assert.deepEqual(maildir.files(), []);
  },
);

/** getmail puts a Return-Path of its own first when the message has none. */
const withoutAddedHeader = (message: Buffer): Buffer => message;
