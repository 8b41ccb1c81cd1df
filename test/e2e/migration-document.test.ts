// docs/migration.md is run as it stands: each command of Postigo in it, against the real earlier server where there is one here.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { GatewayProcess, PASSWORD, POSTIGO } from "../support/gateway-process.js";
import { giveToMailOwner } from "../support/mail-owner.js";
import { MaildirFixture } from "../support/maildir-fixture.js";
import { assertSameListing, listingOf, TAKING_OVER } from "../support/old-server.js";
import { needsCourier, PrivateCourier } from "../support/private-courier.js";
import { PrivateDovecot } from "../support/private-dovecot.js";
import { needs, needsRoot, run } from "../support/real-client.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const DOCUMENT = readFileSync(fileURLToPath(new URL("../../docs/migration.md", import.meta.url)), "utf8");
const USER = "ana@example.org";
const DOVECOT = needsRoot("/usr/lib/dovecot/pop3", "dovecot-pop3d");

test("every command of the document stands in a section that is run here", () => {
  const sections = ["Dovecot", "Courier", "qmail", "Any other server", "Is it the same?"];
  const run = sections.flatMap((section) => commandsOf(section));
  assert.equal(
    run.length,
    DOCUMENT.split("\n").filter((line) => /^[#$] (postigo|doveconf|systemctl|printf) /.test(line)).length,
  );
  assert.ok(run.length >= 14);
});

test("the commands for Dovecot: the listing after them is the one before", DOVECOT, async (t) => {
  const place = await start(t);
  const dovecot = await PrivateDovecot.start(t, { spool: place.spool, users: [USER] });
  const before = await listingOf(dovecot.ports.pop3, USER);
  const doveconf = (words: string): Buffer => execFileSync("sh", ["-c", `${words} -c ${dovecot.configurationFile}`]);
  await place.runAll("Dovecot", {
    doveconf: (words) => assert.match(doveconf(words).toString(), /^pop3_uidl_format = %08Xu%08Xv$/m),
    systemctl: () => dovecot.stop(),
  });
  await assertSameListing(place.gateway.ports.none, before, USER);
});

test("the commands for Courier: the listing after them is the one before", needsCourier(), async (t) => {
  const place = await start(t);
  const courier = await PrivateCourier.start(t, { spool: place.spool, users: [USER] });
  const before = await listingOf(courier.port, USER);
  await place.runAll("Courier", { systemctl: () => courier.stop() });
  await assertSameListing(place.gateway.ports.none, before, USER);
});

test("the commands for qmail: base names become unique-ids", needsRoot("sh"), async (t) => {
  const place = await start(t);
  await place.runAll("qmail", {});
  const { uids } = await listingOf(place.gateway.ports.none, USER);
  assert.equal(uids.length, COUNT + 1);
  assert.match(uids.join("\n"), /^\d+ 1795000900\.M1P1\.host,S=17$/m);
});

test("the commands for any other server, with a transcript of Dovecot, and for the comparison with it", {
  ...DOVECOT,
  ...needs("nc", "netcat-openbsd"),
}, async (t) => {
  const place = await start(t);
  const old = temporaryDirectory(t);
  cpSync(place.spool, old, { recursive: true });
  giveToMailOwner(old);
  const dovecot = await PrivateDovecot.start(t, { spool: old, users: [USER] });
  const before = await listingOf(dovecot.ports.pop3, USER);
  mkdirSync(join(place.gateway.directory, "transcripts"));
  await place.runAll("Any other server", { printf: (words) => place.shell(words, dovecot.ports.pop3) });
  await assertSameListing(place.gateway.ports.none, before, USER);
  await place.runAll("Is it the same?", {}, dovecot.ports.pop3);
});

type Stand = Readonly<Record<string, (words: string) => unknown>>;

class Place {
  readonly gateway: GatewayProcess;

  constructor(gateway: GatewayProcess) {
    this.gateway = gateway;
  }

  get spool(): string {
    return this.gateway.spool;
  }

  /** Runs the commands of a section; `stand` has what is done in the place of other programs. */
  async runAll(section: string, stand: Stand, port = 0): Promise<void> {
    for (const words of commandsOf(section)) {
      const [program = ""] = words.split(" ", 1);
      if (program === "postigo") await this.shell(words, port);
      else await stand[program]?.(words);
    }
  }

  /** With `postigo` as the built program, and what is /etc/postigo, /run/dovecot and old.example.org here. */
  async shell(words: string, port: number): Promise<void> {
    const here = words
      .replace(/^postigo (.*)$/, `"$NODE" "$POSTIGO" $1 --config postigo.yaml`)
      .replace(/--stopped\b/, "--stopped --dovecot-run dovecot")
      .replace(/old\.example\.org([ :])110/, `127.0.0.1$1${port}`);
    const env = { NODE: process.execPath, POSTIGO, PASSWORD };
    const finished = await run("sh", ["-c", `cd "$0" && ${here}`, this.gateway.directory], {
      env,
      input: `${PASSWORD}\n`,
    });
    assert.equal(finished.status, 0, `${words}: ${finished.stderr}${finished.stdout}`);
  }
}

const COUNT = 20;

async function start(t: TestContext): Promise<Place> {
  const gateway = await GatewayProcess.start(t, {
    configuration: TAKING_OVER,
    users: { [USER]: `{PLAIN}${PASSWORD}`, "nobody@example.org": "{PLAIN}nothing" },
  });
  const maildir = new MaildirFixture(join(gateway.spool, USER)).fillWithNumbered(COUNT);
  maildir.add({ what: "fields", name: "1795000900.M1P1.host,S=17", octets: Buffer.from("Subject: x\n\nabcd\n") });
  giveToMailOwner(gateway.spool);
  writeFileSync(join(gateway.directory, ".keep"), "");
  return new Place(gateway);
}

/** Lines of the console blocks of a section, without the prompt. */
function commandsOf(section: string): readonly string[] {
  const text = DOCUMENT.split(/^## /m).find((part) => part.startsWith(`${section}\n`));
  assert.ok(text, section);
  const blocks = [...text.matchAll(/^```console\n(.*?)^```$/gms)].map(([, block = ""]) => block);
  return blocks
    .join("")
    .split("\n")
    .filter((line) => /^[#$] /.test(line))
    .map((line) => line.slice(2));
}
