// getmail6: leaves mail on the server and must not fetch it again; deletes when told.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { withLf } from "../support/canonical.js";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { ordinaryMessages } from "../support/hard-messages.js";
import { needs, run } from "../support/real-client.js";
import { assertSameMessages } from "../support/same-messages.js";

const DRIVER = fileURLToPath(new URL("../../test/clients/getmail.py", import.meta.url));

/** getmail writes the Return-Path anew, and puts question marks for octets above 0x7F into it. */
const MESSAGES = ordinaryMessages.filter(({ what }) => what !== "05-utf8-headers.eml");

/** getmail refuses to deliver as root. */
const NOBODY = process.getuid?.() === 0 ? 65_534 : undefined;

class Getmail {
  readonly #home: string;

  constructor(gateway: GatewayProcess) {
    this.#home = join(gateway.directory, "getmail");
    for (const folder of ["", "mail", "mail/new", "mail/cur", "mail/tmp"]) this.#own(mkdir(join(this.#home, folder)));
  }

  async poll(retriever: string, port: number, options: string): Promise<void> {
    const configuration = join(this.#home, "getmailrc");
    const sections = [
      `[retriever]\ntype = ${retriever}\nserver = 127.0.0.1\nport = ${port}\nusername = alice\npassword = ${PASSWORD}`,
      `[destination]\ntype = Maildir\npath = ${this.#home}/mail/`,
      `[options]\nreceived = false\ndelivered_to = false\nverbose = 0\n${options}`,
    ];
    writeFileSync(configuration, `${sections.join("\n\n")}\n`, { mode: 0o600 });
    this.#own(configuration);
    // The interpreter that getmail names has its modules; the driver comes by standard input, as its user may not read this directory.
    const program = execFileSync("sh", ["-c", "command -v getmail"], { encoding: "utf8" }).trim();
    const interpreter = /^#!(\S+)/.exec(readFileSync(program, "utf8"))?.[1] ?? "python3";
    const args = ["-", program, "--getmaildir", this.#home, "--rcfile", configuration];
    const { status, stderr, stdout } = await run(interpreter, args, {
      input: readFileSync(DRIVER, "utf8"),
      env: { HOME: this.#home },
      ...(NOBODY === undefined ? {} : { user: NOBODY }),
    });
    assert.equal(status, 0, stderr + stdout);
  }

  #own(path: string): void {
    if (NOBODY !== undefined) chownSync(path, NOBODY, NOBODY);
  }

  fetched(): Buffer[] {
    const folder = join(this.#home, "mail", "new");
    return readdirSync(folder).map((name) => readFileSync(join(folder, name)));
  }
}

test("getmail leaves mail on the server: the second poll fetches nothing", needs("getmail", "getmail6"), async (t) => {
  const gateway = await GatewayProcess.start(t);
  const maildir = gateway.maildir().fill(MESSAGES);
  const getmail = new Getmail(gateway);
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
    const getmail = new Getmail(gateway);
    await getmail.poll("SimplePOP3SSLRetriever", gateway.ports.implicit, "delete = true");
    assert.equal(getmail.fetched().length, 50);
    assert.deepEqual(maildir.files(), []);
  },
);

function mkdir(path: string): string {
  mkdirSync(path, { recursive: true });
  return path;
}
