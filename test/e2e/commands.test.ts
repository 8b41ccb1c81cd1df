// The commands beside `serve`, together with it: a hash that is made opens a maildrop, inspect shows what clients see, check agrees.

import assert from "node:assert/strict";
import { chownSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { GatewayProcess, PASSWORD, POSTIGO } from "../support/gateway-process.js";
import { hardMessages } from "../support/hard-messages.js";
import { RawClient } from "../support/raw-client.js";
import { type Finished, needsRoot, run } from "../support/real-client.js";

const SCHEMES = [
  ...["ARGON2ID", "SHA512-CRYPT", "SHA256-CRYPT", "BLF-CRYPT", "PBKDF2", "SSHA512"],
  ...["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"],
];
const SPECIAL_PASSWORD = "pässword with spaces, #, $ and ü";
const NOBODY = 65_534;

interface Inspected {
  readonly messages: readonly { readonly number: number; readonly octets: number; readonly uniqueId: string }[];
}

const postigo = (args: readonly string[], input = ""): Promise<Finished> =>
  run(process.execPath, [POSTIGO, ...args], { input });

test("a hash of each scheme that `postigo hash` makes lets its user in, and nobody else", async (t) => {
  const users: Record<string, string> = {};
  for (const scheme of SCHEMES) {
    const { status, stdout, stderr } = await postigo(["hash", "--scheme", scheme], `${SPECIAL_PASSWORD}\n`);
    assert.equal(status, 0, stderr);
    users[scheme.toLowerCase()] = stdout.toString().trimEnd();
  }
  const gateway = await GatewayProcess.start(t, { users });
  const octets = Buffer.from(SPECIAL_PASSWORD).toString("latin1");
  for (const user of Object.keys(users)) {
    const client = await RawClient.connect(gateway.ports.none);
    await client.ok(`USER ${user}`);
    assert.equal((await client.err(`PASS ${octets}x`)).code, "AUTH");
    await client.login(user, octets);
    await client.quit();
  }
  assert.ok(!gateway.log.includes("with spaces, #"));
});

test("`postigo inspect` shows the numbers, octets and unique-ids that a client sees, and changes nothing", async (t) => {
  const gateway = await GatewayProcess.start(t);
  const maildir = gateway.maildir().fill(hardMessages);
  const before = maildir.files().sort();
  const { status, stdout, stderr } = await postigo([
    "inspect",
    "alice",
    "--config",
    gateway.configurationFile,
    "--json",
  ]);
  assert.equal(status, 0, stderr);
  assert.deepEqual(maildir.files().sort(), before);
  const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  const { messages }: Inspected = JSON.parse(stdout.toString());
  assert.deepEqual(
    await client.lines("LIST"),
    messages.map(({ number, octets }) => `${number} ${octets}`),
  );
  assert.deepEqual(
    await client.lines("UIDL"),
    messages.map(({ number, uniqueId }) => `${number} ${uniqueId}`),
  );
  await client.quit();
});

test("`postigo check` finds the configuration of a running gateway good, and masks no more than secrets", async (t) => {
  const gateway = await GatewayProcess.start(t);
  const { status, stdout, stderr } = await postigo(["check", "--config", gateway.configurationFile]);
  assert.equal(status, 0, stderr);
  assert.match(stdout.toString(), /^listen:/m);
  assert.ok(!`${stdout}${stderr}`.includes(PASSWORD));
});

test(
  "started as root, the gateway becomes the mail user before it serves, and cannot go back",
  needsRoot("setpriv", "util-linux"),
  async (t) => {
    const gateway = await GatewayProcess.start(t);
    const maildir = gateway.maildir().fillWithNumbered(2);
    await gateway.stop();
    for (const path of [maildir.path, ...["new", "cur", "tmp"].map((folder) => `${maildir.path}/${folder}`)]) {
      chownSync(path, NOBODY, NOBODY);
    }
    for (const path of [gateway.usersFile, gateway.certificate.key]) chownSync(path, NOBODY, NOBODY);
    gateway.writeConfiguration({ user: "nobody", group: "nogroup" });
    await gateway.startAgain();
    const status = readFileSync(`/proc/${gateway.pid}/status`, "latin1");
    for (const kind of ["Uid", "Gid"]) {
      assert.match(status, new RegExp(`^${kind}:(?:\\t${NOBODY}){4}$`, "m"));
    }
    const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
    await client.ok("DELE 1");
    await client.quit();
    assert.equal(maildir.count, 1);
  },
);

const WAITING_FOR_A_LOCK = [
  { command: "uids import", options: ["--from", "qmail"], takesAll: true },
  { command: "forget", options: [], takesAll: true },
  { command: "undelete", options: ["--since", "1d"], takesAll: false },
];

for (const { command, options, takesAll } of WAITING_FOR_A_LOCK) {
  test(`\`postigo ${command}\` says of a maildrop in use whose it is, and does all others`, async (t) => {
    const users = { alice: `{PLAIN}${PASSWORD}`, bob: `{PLAIN}${PASSWORD}` };
    const gateway = await GatewayProcess.start(t, { users, configuration: { lock: { wait: "200ms" } } });
    for (const user of Object.keys(users)) gateway.maildir(user).fillWithNumbered(1);
    await (await RawClient.login(gateway.ports.none, "bob", PASSWORD)).quit();
    const session = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
    const on = (whose: string) =>
      postigo([...command.split(" "), whose, ...options, "--config", gateway.configurationFile]);
    const { status, stdout, stderr } = await on("alice");
    assert.equal(status, 69, stderr);
    assert.match(`${stdout}${stderr}`, /is locked by process \d+ on /);
    if (takesAll) {
      const all = await on("--all");
      assert.equal(all.status, 69, all.stderr);
      assert.match(all.stdout.toString(), /^bob /m);
    }
    await session.quit();
  });
}
