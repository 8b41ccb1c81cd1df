// Maildir++ folders and the recent: view, with real clients.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { canonical } from "../support/canonical.js";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { MaildirFixture, numberedMessage } from "../support/maildir-fixture.js";
import { RawClient } from "../support/raw-client.js";
import { type Finished, needs, run } from "../support/real-client.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const MECHANISMS = ["PLAIN", "LOGIN", "CRAM-MD5", "+APOP"] as const;

interface Wanted {
  /** Nothing is set that turns folders and views on. */
  readonly isOff?: boolean;
  readonly lock?: { readonly wait: string };
  readonly maildrop?: Readonly<Record<string, string>>;
}

async function serve(t: TestContext, { isOff = false, lock = { wait: "3s" }, maildrop = {} }: Wanted = {}) {
  const spool = join(temporaryDirectory(t), "mail");
  const auth = { plaintext: "loopback", apop: true };
  const on = {
    spool: { maildir: `${spool}/%{user}`, folder_separator: "+" },
    maildrop: { recent: "30d", ...maildrop },
  };
  const gateway = await GatewayProcess.start(t, { spool, configuration: { auth, lock, ...(isOff ? {} : on) } });
  const inbox = gateway.maildir();
  return { gateway, inbox, folder: (name: string) => new MaildirFixture(join(inbox.path, name)) };
}

const curl = (user: string, ...args: readonly string[]): Promise<Finished> =>
  run("curl", ["-sS", "-u", `${user}:${PASSWORD}`, ...args]);

const refusal = async (gateway: GatewayProcess, user: string): Promise<string | undefined> => {
  const client = await RawClient.connect(gateway.ports.none);
  await client.ok(`USER ${user}`);
  const { code } = await client.err(`PASS ${PASSWORD}`);
  await client.quit();
  return code;
};

for (const mechanism of MECHANISMS) {
  test(`curl reads a message of a folder, logged in by ${mechanism}`, needs("curl"), async (t) => {
    const { gateway, inbox, folder } = await serve(t);
    inbox.fillWithNumbered(2);
    folder(".Work").add({ what: "", octets: numberedMessage(77) });
    const url = `pop3://127.0.0.1:${gateway.ports.none}/1`;
    const { status, stdout, stderr } = await curl("alice+Work", "--login-options", `AUTH=${mechanism}`, url);
    assert.equal(status, 0, stderr);
    assert.deepEqual(stdout, canonical(numberedMessage(77)));
    const login = await gateway.event("login");
    assert.deepEqual([login.user, login["as"], login["messages"]], ["alice", "alice+Work", 1]);
  });
}

test(
  "mpop by SCRAM-SHA-256 fetches a folder and deletes there; the quota of the Maildir hears of it",
  needs("mpop"),
  async (t) => {
    const { gateway, inbox, folder } = await serve(t);
    inbox.fillWithNumbered(2);
    const work = folder(".Work").fillWithNumbered(3);
    const octets = work.files().reduce((sum, file) => sum + work.read(file).length, 0);
    writeFileSync(join(inbox.path, "maildirsize"), `1000000S\n${octets + 500} 5\n`);
    const target = join(gateway.directory, "target");
    for (const name of ["", "cur", "new", "tmp"]) mkdirSync(join(target, name));
    const configuration = join(gateway.directory, "mpoprc");
    const lines = [
      ...["account default", "host 127.0.0.1", `port ${gateway.ports.none}`, "auth scram-sha-256", "user alice+Work"],
      ...[`password ${PASSWORD}`, "tls off", "keep off", `delivery maildir ${target}`],
      ...[`uidls_file ${join(gateway.directory, "uidls")}`],
    ];
    writeFileSync(configuration, `${lines.join("\n")}\n`, { mode: 0o600 });
    const { status, stderr } = await run("mpop", ["-C", configuration]);
    assert.equal(status, 0, stderr);
    assert.equal(new MaildirFixture(target).count, 3);
    assert.deepEqual([work.count, inbox.count], [0, 2]);
    assert.match(readFileSync(join(inbox.path, "maildirsize"), "latin1"), new RegExp(`\\n-${octets} -3\\n$`));
  },
);

test("fetchmail polls the folder and the inbox of one account as two", needs("fetchmail"), async (t) => {
  const { gateway, inbox, folder } = await serve(t);
  inbox.fillWithNumbered(2);
  folder(".Work.Old").fillWithNumbered(3);
  const home = join(gateway.directory, "fetchmail");
  mkdirSync(home);
  const poll = async (user: string): Promise<Finished> => {
    const file = join(home, "fetchmailrc");
    const line = `poll localhost protocol POP3 service ${gateway.ports.none} uidl username "${user}" password "${PASSWORD}" no rewrite mda "cat >>${home}/${user}" keep sslproto ''`;
    writeFileSync(file, `set invisible\n${line}\n`, { mode: 0o600 });
    const files = ["--fetchmailrc", file, "--nosyslog", "--nodetach", "--pidfile", join(home, "pid")];
    return run("fetchmail", [...files, "--idfile", join(home, "ids")], {
      env: { HOME: home, FETCHMAILHOME: home, LC_ALL: "C" },
    });
  };
  for (const [user, count] of [
    ["alice", 2],
    ["alice+Work.Old", 3],
  ] as const) {
    const { status, stderr, stdout } = await poll(user);
    assert.equal(status, 0, stderr + stdout);
    assert.equal(readFileSync(join(home, user), "latin1").match(/^Message-ID:/gm)?.length, count);
  }
  for (const user of ["alice", "alice+Work.Old"])
    assert.equal((await poll(user)).status, 1, "nothing is fetched twice");
});

test(
  "mail that curl has deleted from a folder is held and brought back to it, under its unique-id",
  needs("curl"),
  async (t) => {
    const { gateway, inbox, folder } = await serve(t, { maildrop: { deleted: "hold 30d" } });
    inbox.fillWithNumbered(1);
    const work = folder(".Work").fillWithNumbered(3);
    const url = `pop3://127.0.0.1:${gateway.ports.none}/`;
    const idsOf = async (): Promise<string> => (await curl("alice+Work", "-X", "UIDL", url)).stdout.toString("latin1");
    const before = await idsOf();
    assert.equal((await curl("alice+Work", "-I", "-X", "DELE 2", url)).status, 0);
    assert.deepEqual([work.count, inbox.count], [2, 1]);
    assert.match((await gateway.command("undelete", "alice", "--dry-run")).stderr, /^alice\+Work: 1 message is held/m);
    const { status, stderr } = await gateway.command("undelete", "alice+Work", "--since", "1h");
    assert.equal(status, 0, stderr);
    assert.deepEqual([work.count, inbox.count], [3, 1]);
    assert.equal(await idsOf(), before);
  },
);

test("a folder that is not there, that leads elsewhere or that is no name is refused, and none is made", async (t) => {
  const { gateway, inbox } = await serve(t);
  inbox.fillWithNumbered(1);
  const other = new MaildirFixture(gateway.maildirPath("ben")).fillWithNumbered(4);
  symlinkSync(other.path, join(inbox.path, ".Link"));
  for (const name of ["Absent", "Link", "..ben", ".", "Work."]) {
    assert.equal(await refusal(gateway, `alice+${name}`), "SYS/PERM", name);
  }
  assert.equal(await refusal(gateway, "alice+../ben"), "AUTH");
  assert.equal(await refusal(gateway, "eve+Work"), "AUTH");
  assert.equal(inbox.has(".Absent"), false);
  const client = await RawClient.login(gateway.ports.none, "alice+INBOX", PASSWORD);
  assert.equal((await client.lines("UIDL")).length, 1);
  await client.quit();
});

test("a folder and the inbox are two maildrops with a lock each; a view of the inbox is the inbox", async (t) => {
  const { gateway, inbox, folder } = await serve(t, { lock: { wait: "0s" } });
  inbox.fillWithNumbered(1);
  folder(".Entw&APw-rfe").fillWithNumbered(2);
  const first = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  const second = await RawClient.login(gateway.ports.none, "alice+Entw&APw-rfe", PASSWORD);
  assert.equal((await second.lines("UIDL")).length, 2);
  for (const name of ["recent:alice", "alice+inbox", "alice"])
    assert.equal(await refusal(gateway, name), "IN-USE", name);
  await first.quit();
  await second.quit();
  const utf8 = await RawClient.login(gateway.ports.none, Buffer.from("alice+Entwürfe").toString("latin1"), PASSWORD);
  assert.equal((await utf8.lines("UIDL")).length, 2);
  await utf8.quit();
});

test("recent: shows and removes what is young, under the unique-ids of the whole maildrop", async (t) => {
  const { gateway, inbox } = await serve(t);
  const now = Math.floor(Date.now() / 1000);
  const DAY = 86_400;
  const ages = [400, 31, 29, 1];
  for (const days of ages) {
    inbox.add({ what: "", octets: numberedMessage(days), name: `${now - days * DAY}.M${days}P1.host` });
  }
  const whole = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  const all = await whole.lines("UIDL");
  await whole.quit();
  const uid = (line: string | undefined): string | undefined => line?.split(" ")[1];
  const recent = await RawClient.login(gateway.ports.none, "recent:alice", PASSWORD);
  assert.deepEqual((await recent.lines("UIDL")).map(uid), all.slice(2).map(uid));
  assert.deepEqual(await recent.retrieve(1), canonical(numberedMessage(29)));
  await recent.err("RETR 3");
  await recent.ok("DELE 2");
  await recent.quit();
  const after = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  assert.deepEqual((await after.lines("UIDL")).map(uid), all.slice(0, 3).map(uid));
  await after.quit();
  assert.deepEqual(inbox.files().filter((file) => file.includes(":2,S")).length, 1, "only what was fetched is marked");
  assert.equal((await gateway.eventsNamed("login", 3))[1]?.["as"], "recent:alice");
});

test("folders and views are off by default", async (t) => {
  const { gateway, inbox, folder } = await serve(t, { isOff: true });
  inbox.fillWithNumbered(1);
  folder(".Work").fillWithNumbered(1);
  for (const name of ["alice+Work", "recent:alice"]) assert.equal(await refusal(gateway, name), "AUTH");
});
