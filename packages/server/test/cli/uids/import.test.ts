import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { EXIT } from "#server/cli/exit-code";
import { openUserMaildrops } from "#server/cli/user-maildrops";
import { call, type Ended, makeMaildir, temporaryFolder } from "../support.js";

const MAIL = { "new/1.M1.host": "Subject: a\n\na\n", "cur/2.M2.host,S=14:2,S": "Subject: b\n\nb\n" };
const LONGER = "Subject: longer\n\nc\n";
/** Seconds since 1970: an hour after the transcript of the test. */
const LATER = Math.floor(Date.now() / 1000) + 3600;
const UIDLIST = "3 V1000 N9\n1 :1.M1.host\n2 :2.M2.host,S=14\n";

test("uids import writes what Dovecot has shown, uids preview only tells it", async (t) => {
  const place = spoolOf(t, { ana: { "dovecot-uidlist": UIDLIST } });
  const preview = await place.uids("preview", "ana", "--from", "dovecot");
  assert.equal(preview.code, EXIT.ok);
  assert.match(preview.out, /^ana +2 +0 +0 +0 +0 +0 +0 {2}importable$/m);
  assert.ok(!existsSync(place.file("ana")));
  const { code, out } = await place.import("ana");
  assert.equal(code, EXIT.ok);
  assert.match(out, /^ana +2 +0 +0 +0 +0 +0 +0 {2}imported$/m);
  assert.match(place.read("ana"), /^0 00000001000003e8 1\.M1\.host [0-9a-f]{8}\n1 00000002000003e8 2\.M2\.host /m);
});

test("a second import leaves the file untouched", async (t) => {
  const place = spoolOf(t, { ana: { "dovecot-uidlist": UIDLIST } });
  await place.import("ana");
  const { ino, mtimeNs } = statSync(place.file("ana"), { bigint: true });
  assert.match((await place.import("ana")).out, /unchanged$/m);
  const again = statSync(place.file("ana"), { bigint: true });
  assert.deepEqual([again.ino, again.mtimeNs], [ino, mtimeNs]);
});

test("an import with another format keeps what clients have seen, until --replace is said", async (t) => {
  const place = spoolOf(t, { ana: { "dovecot-uidlist": UIDLIST } });
  await place.import("ana");
  const kept = await place.import("ana", "--uidl-format", "%u");
  assert.equal(kept.code, EXIT.differs);
  assert.match(kept.out, /^ana +0 +2 .*unchanged$/m);
  assert.match(kept.err, /"1\.M1\.host" is changed: imported before as 00000001000003e8/);
  assert.equal((await place.import("ana", "--uidl-format", "%u", "--replace")).code, EXIT.ok);
  assert.match(place.read("ana"), /^0 1 1\.M1\.host /m);
});

test("a damaged line of the earlier server, and of ours, is warned of with its place; ours is mended", async (t) => {
  const place = spoolOf(t, { ana: { "dovecot-uidlist": UIDLIST.replace("1 :", "? :") } });
  const first = await place.import("ana");
  assert.match(first.err, /warning: .*dovecot-uidlist:2: left out: it does not begin with a uid/);
  assert.match(first.out, /^ana +1 +0 +0 +0 +0 +1 +0 {2}imported$/m);
  assert.match(first.err, /"1\.M1\.host" is ambiguous: lines of the earlier server's list were left out/);
  assert.equal(first.code, EXIT.differs, "a client may know the message of that line");
  const whole = place.read("ana");
  writeFileSync(place.file("ana"), `${whole}0 torn\n`);
  const second = await place.import("ana");
  assert.match(second.err, /warning: .*postigo\.uids:3: /);
  assert.equal(place.read("ana"), whole);
});

test("octets of a file or a name steer no terminal", async (t) => {
  const list = "3 V1000 N9\n1 O\x1b[2J\x9b1m :1.M1.host\n2 P\x9b31m :2.M2.host\n";
  const place = spoolOf(t, { ana: {} });
  writeFileSync(join(place.spool, "ana/dovecot-uidlist"), Buffer.from(list, "latin1"));
  for (const words of [["ana"], ["ana", "--json"]]) {
    const { out, err } = await place.import(...words);
    assert.doesNotMatch(`${out}${err}`, /[^\P{C}\n]/u);
    assert.match(`${out}${err}`, /O\\+x1b\[2J\\+x9b1m/);
  }
});

test("--all does every maildrop that is there; one that fails does not stop the others, and the exit code says so", async (t) => {
  const list = { "dovecot-uidlist": UIDLIST };
  const place = spoolOf(t, { ana: list, ben: { "dovecot-uidlist": "garbage\n" }, cid: {}, dan: list });
  const { code, out, err } = await place.import("--all", "--json");
  assert.equal(code, EXIT.inputOutput);
  interface Told {
    readonly user: string;
    readonly result: string;
    readonly problem?: string;
    readonly lookedFor?: string;
  }
  const { maildrops }: { maildrops: readonly Told[] } = JSON.parse(out);
  assert.deepEqual(
    maildrops.map(({ user, result }) => `${user} ${result}`),
    ["ana imported", "ben failed", "cid nothing", "dan imported"],
  );
  assert.match(maildrops[1]?.problem ?? "", /ben\/dovecot-uidlist: line 1 is no header/);
  assert.equal(maildrops[2]?.lookedFor, join(place.spool, "cid/dovecot-uidlist"));
  assert.match(err, /^4 of 4 maildrops$/m);
});

test("--all tells where the earlier server has left nothing, and which file was looked for", async (t) => {
  const place = spoolOf(t, { ana: { "dovecot-uidlist": UIDLIST }, cid: {} });
  const { code, err } = await place.import("--all");
  assert.equal(code, EXIT.ok);
  assert.match(err, /^postigo: cid: the earlier server has left nothing: there is no \/.*\/cid\/dovecot-uidlist$/m);
  assert.doesNotMatch(err, /ana: the earlier/);
});

for (const purpose of ["preview", "import"]) {
  test(`uids ${purpose} --all that finds nothing for anybody is missing input: something is wrong with the question`, async (t) => {
    const users = Array.from({ length: 12 }, (_, at) => [`user${at}`, {}] as const);
    const place = spoolOf(t, Object.fromEntries(users));
    const { code, err } = await place.uids(purpose, "--all", "--from", "courier");
    assert.equal(code, EXIT.missingInput);
    assert.match(err, /nothing of the earlier server was found; is --from right, and the place of its lists/);
    assert.equal(err.match(/there is no .*\/courierpop3dsizelist$/gm)?.length, 10);
    assert.match(err, /^postigo: … and 2 more; see --json$/m);
  });
}

test("--all without a single maildrop is missing input: the spool may not be mounted", async (t) => {
  const { code, err } = await spoolOf(t, {}).uids("import", "--all", "--from", "qmail");
  assert.equal(code, EXIT.missingInput);
  assert.match(err, /no account has a maildrop that exists; is the spool mounted/);
});

test("a transcript that was forgotten is missing input where there is mail, and nothing where there is none", async (t) => {
  const place = spoolOf(t, { ana: {}, ben: {}, cid: {} });
  for (const message of ["new/1.M1.host", "cur/2.M2.host,S=14:2,S"]) rmSync(join(place.spool, "cid", message));
  writeFileSync(join(place.spool, "../ana"), "+OK\n1 14\n2 14\n.\n+OK\n1 a\n2 b\n.\n");
  const words = ["--from", "transcript", "--transcript", `${place.spool}/../%{user}`];
  const { code, out, err } = await place.uids("import", "--all", ...words);
  assert.equal(code, EXIT.missingInput);
  assert.match(out, /^ben .*failed$/m);
  assert.match(err, /\/ben is not there, and 2 messages are: take the transcript/);
  assert.match(err, /cid: the earlier server has left nothing: there is no \/.*\/cid$/m);
});

test("a maildrop that a session holds is left alone", async (t) => {
  const place = spoolOf(t, { ana: { "dovecot-uidlist": UIDLIST } });
  const maildrops = await openUserMaildrops({ _: [], config: place.config });
  t.after(() => maildrops.close());
  await maildrops.underLock(maildrops.of("ana"), async () => {
    const { code, err } = await place.import("ana");
    assert.equal(code, EXIT.unavailable);
    assert.match(err, /ana is locked by/);
  });
});

test("a user for whom the earlier server has left nothing is missing input", async (t) => {
  const place = spoolOf(t, { ana: {} });
  const { code, err } = await place.import("ana");
  assert.equal(code, EXIT.missingInput);
  assert.match(err, /ana: the earlier server has left nothing: there is no \/.*\/ana\/dovecot-uidlist$/m);
  assert.equal((await place.uids("import", "ana", "--from", "courier")).code, EXIT.missingInput);
});

test("a link in the place of the list is not followed", async (t) => {
  const place = spoolOf(t, { ana: {} });
  symlinkSync("/etc/passwd", join(place.spool, "ana/dovecot-uidlist"));
  const { code, err } = await place.import("ana");
  assert.equal(code, EXIT.inputOutput);
  assert.match(err, /dovecot-uidlist cannot be read \(ELOOP\)/);
});

test("a postigo.uids that nobody can read is not written over", async (t) => {
  const place = spoolOf(t, { ana: { "dovecot-uidlist": UIDLIST, "postigo.uids": "postigo.uids 9 0 00000000\n" } });
  const { code, err } = await place.import("ana");
  assert.equal(code, EXIT.inputOutput);
  assert.match(err, /postigo\.uids cannot be used/);
  assert.equal(place.read("ana"), "postigo.uids 9 0 00000000\n");
});

test("--dovecot-control finds the lists elsewhere", async (t) => {
  const place = spoolOf(t, { ana: {} });
  mkdirSync(join(place.spool, "../control/ana"), { recursive: true });
  writeFileSync(join(place.spool, "../control/ana/dovecot-uidlist"), UIDLIST);
  assert.match((await place.import("ana", "--dovecot-control", `${place.spool}/../control/%{user}`)).out, /imported$/m);
});

test("Courier and qmail need no word about whether they run", async (t) => {
  const place = spoolOf(t, { ana: { courierpop3dsizelist: "/3 3 9\n2.M2.host,S=14:2,S 17 2:9:0\n" } });
  assert.match((await place.uids("import", "ana", "--from", "courier")).out, /^ana +1 +0 +0 +0 +0 +0 +1 {2}imported$/m);
  assert.match(place.read("ana"), /^0 UID2-9 2\.M2\.host /m);
  const qmail = spoolOf(t, { ana: {} });
  assert.match((await qmail.uids("import", "ana", "--from", "qmail")).out, /^ana +2 +0 .*imported$/m);
  assert.match(qmail.read("ana"), /^- 2\.M2\.host,S=14 2\.M2\.host /m);
});

for (const { how, octets, longer } of [
  { how: "as they are on disk", octets: 14, longer: 19 },
  { how: "as they are sent", octets: 17, longer: 22 },
]) {
  test(`a transcript is matched by octets ${how}; two messages with the same octets are ambiguous`, async (t) => {
    const place = spoolOf(t, { ana: { "new/3.M3.host": LONGER } });
    const { out, code } = await place.transcript(`1 ${longer}\n2 ${octets}\n3 ${octets}`);
    assert.equal(code, EXIT.differs);
    assert.match(out, /^ana +1 +0 +0 +0 +0 +2 +0 {2}imported$/m);
    assert.match(place.read("ana"), /^0 old-1 3\.M3\.host /m);
  });
}

test("a mail that was delivered after the transcript was taken takes no unique-id of it", async (t) => {
  const place = spoolOf(t, { ana: { [`new/${LATER}.M3.host`]: LONGER } });
  utimesSync(join(place.spool, `ana/new/${LATER}.M3.host`), LATER, LATER);
  const { out, err } = await place.transcript("1 22\n2 17\n3 17");
  assert.match(out, /^ana +0 +0 +0 +0 +0 +2 +1 {2}nothing$/m);
  assert.match(err, /warning: .*ana\.txt: 1 of its 3 messages have no file any more/);
  assert.ok(!existsSync(place.file("ana")));
});

test("a copy that has its time was there when the transcript was taken, whatever its name", async (t) => {
  const place = spoolOf(t, { ana: { [`new/${LATER}.M3.host`]: LONGER } });
  assert.match((await place.transcript("1 22\n2 17\n3 17")).out, /^ana +1 +0 +0 +0 +0 +2 +0 {2}imported$/m);
});

test("mail that was copied without names and times is told: it is new to nobody", async (t) => {
  const place = spoolOf(t, { ana: { [`new/${LATER}.M3.host`]: LONGER } });
  rmSync(join(place.spool, "ana/new/1.M1.host"));
  rmSync(join(place.spool, "ana/cur/2.M2.host,S=14:2,S"));
  utimesSync(join(place.spool, `ana/new/${LATER}.M3.host`), LATER, LATER);
  const { code, out, err } = await place.transcript("1 22");
  assert.equal(code, EXIT.differs);
  assert.match(out, /^ana +0 +0 +0 +0 +0 +1 +0 {2}nothing$/m);
  assert.match(err, /is ambiguous: by its name and its time it came after the transcript .* \(cp -p\)/);
});

test("a transcript of a server that counts octets otherwise is not believed, and that is told", async (t) => {
  const place = spoolOf(t, { ana: { "new/3.M3.host": LONGER } });
  const { code, err } = await place.transcript("1 22\n2 40\n3 40");
  assert.equal(code, EXIT.differs);
  assert.match(err, /warning: .*ana\.txt: not believed: it has the octets of 1 of the 3 messages from before \d{4}-/);
  assert.ok(!existsSync(place.file("ana")));
});

for (const { name, words, what } of [
  { name: "no action", words: [], what: /uids knows import, preview and verify/ },
  { name: "an unknown action", words: ["export"], what: /not "export"/ },
  { name: "no user", words: ["import", "--from", "qmail"], what: /Name one USER, or say --all/ },
  {
    name: "a user and --all",
    words: ["import", "ana", "--all", "--from", "qmail"],
    what: /Name one USER, or say --all/,
  },
  {
    name: "no server",
    words: ["import", "ana"],
    what: /--from is missing: one of dovecot, courier, qmail, transcript/,
  },
  { name: "an unknown server", words: ["import", "ana", "--from", "exim"], what: /--from exim: one of/ },
  { name: "no word about Dovecot", words: ["import", "ana", "--from", "dovecot"], what: /systemctl stop dovecot/ },
  {
    name: "two words about Dovecot",
    words: ["import", "ana", "--from", "dovecot", "--lock", "--stopped"],
    what: /not both/,
  },
  {
    name: "a format with md5",
    words: ["preview", "ana", "--from", "dovecot", "--uidl-format", "%m"],
    what: /--uidl-format: "%m" has no variable/,
  },
  { name: "no transcript", words: ["import", "ana", "--from", "transcript"], what: /needs --transcript FILE/ },
  {
    name: "one transcript for all",
    words: ["import", "--all", "--from", "transcript", "--transcript", "x"],
    what: /a transcript for each user/,
  },
  {
    name: "a bad control folder",
    words: ["import", "ana", "--from", "dovecot", "--lock", "--dovecot-control", "/x/%q"],
    what: /"%q" is no variable/,
  },
  { name: "verify without a server", words: ["verify", "ana"], what: /--server takes HOST:PORT/ },
  { name: "verify with a bad port", words: ["verify", "ana", "--server", "h:99999"], what: /--server takes HOST:PORT/ },
  {
    name: "verify with an unknown tls",
    words: ["verify", "ana", "--server", "h:1", "--tls", "ssl"],
    what: /one of none, starttls, implicit/,
  },
  { name: "verify without a user", words: ["verify", "--server", "h:1"], what: /Name one USER/ },
]) {
  test(`uids with ${name} is a usage error that says what to do`, async (t) => {
    const { code, err } = await spoolOf(t, { ana: {} }).uids(...words);
    assert.match(err, what);
    assert.equal(code, EXIT.usage);
  });
}

test("a Dovecot whose master lives is believed more than --stopped; a dead one is not", async (t) => {
  const place = spoolOf(t, { ana: { "dovecot-uidlist": UIDLIST } });
  const run = join(place.spool, "../run");
  mkdirSync(run);
  writeFileSync(join(run, "master.pid"), `${process.pid}\n`);
  const alive = await place.uids("import", "ana", "--from", "dovecot", "--stopped", "--dovecot-run", run);
  assert.equal(alive.code, EXIT.unavailable);
  assert.match(alive.err, new RegExp(`Dovecot runs \\(process ${process.pid}, by .*master.pid\\); stop it`));
  writeFileSync(join(run, "master.pid"), "999999999\n");
  assert.equal(
    (await place.uids("import", "ana", "--from", "dovecot", "--stopped", "--dovecot-run", run)).code,
    EXIT.ok,
  );
});

test("--stopped is refused while somebody holds the lock of the list", async (t) => {
  const lock = `${process.pid}:${hostname()}`;
  const place = spoolOf(t, { ana: { "dovecot-uidlist": UIDLIST, "dovecot-uidlist.lock": lock } });
  const { code, err } = await place.import("ana");
  assert.equal(code, EXIT.unavailable);
  assert.match(err, /Dovecot writes .*dovecot-uidlist \(.*\.lock of process \d+ on .*\); stop it/);
});

for (const { name, content, age } of [
  { name: "of a dead process of this host", content: `999999999:${hostname()}`, age: 0 },
  { name: "that was not touched for two minutes", content: "1:elsewhere.example", age: 121 },
]) {
  test(`--lock takes over a lock ${name}, and leaves none behind`, async (t) => {
    const place = spoolOf(t, { ana: { "dovecot-uidlist": UIDLIST, "dovecot-uidlist.lock": content } });
    const lock = join(place.spool, "ana/dovecot-uidlist.lock");
    const then = statSync(lock).mtimeMs / 1000 - age;
    utimesSync(lock, then, then);
    assert.equal((await place.uids("import", "ana", "--from", "dovecot", "--lock")).code, EXIT.ok);
    assert.ok(!existsSync(lock));
  });
}

interface Place {
  readonly spool: string;
  readonly config: string;
  file(user: string): string;
  read(user: string): string;
  uids(...words: readonly string[]): Promise<Ended>;
  /** From a Dovecot that is stopped. */
  import(...words: readonly string[]): Promise<Ended>;
  /** From a transcript with these lines of LIST; message 1 was old-1. */
  transcript(list: string): Promise<Ended>;
}

/** Maildirs with MAIL and further files. */
const spoolOf = (t: TestContext, users: Readonly<Record<string, Readonly<Record<string, string>>>>): Place => {
  const folder = temporaryFolder(t);
  chmodSync(folder, 0o755);
  const spool = join(folder, "spool");
  for (const [user, files] of Object.entries(users)) {
    const below = Object.entries(files).map(([name, content]) => [name.includes("/") ? name : `./${name}`, content]);
    makeMaildir(join(spool, user), { ...MAIL, ...Object.fromEntries(below) });
  }
  const names = [...Object.keys(users), "absent"];
  writeFileSync(join(folder, "users"), names.map((name) => `${name}:{PLAIN}x\n`).join(""), { mode: 0o600 });
  const config = join(folder, "postigo.yaml");
  writeFileSync(
    config,
    `spool: { maildir: "${spool}/%{user}" }\naccounts: [{ type: users-file, path: users }]\n` +
      "auth: { plaintext: loopback }\nlisten: [{ address: 127.0.0.1, port: 0, tls: none }]\nlock: { wait: 0s }\n",
  );
  const uids = (...words: readonly string[]): Promise<Ended> => call(["uids", ...words, "--config", config]);
  const file = (user: string): string => join(spool, user, "postigo.uids");
  return {
    ...{ spool, config, file, uids },
    read: (user) => readFileSync(file(user), "latin1"),
    transcript: (list) => {
      const ids = list.replaceAll(/^(\d+) .*$/gm, "$1 old-$1");
      writeFileSync(join(folder, "ana.txt"), `+OK\n${list}\n.\n+OK\n${ids}\n.\n`);
      return uids("import", "ana", "--from", "transcript", "--transcript", join(folder, "ana.txt"));
    },
    import: (...words) =>
      uids("import", ...words, "--from", "dovecot", "--stopped", "--dovecot-run", join(folder, "run")),
  };
};
