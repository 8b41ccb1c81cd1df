import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { EXIT } from "#server/cli/exit-code";
import { openUserMaildrops } from "#server/cli/user-maildrops";
import { asideSpool } from "./aside-spool.js";
import { call, type Ended, makeMaildir, temporaryFolder } from "./support.js";

const MAIL = { "new/1.M1.host": "Subject: a\n\na\n", "cur/2.M2.host:2,S": "Subject: b\n\nb\n" };

test("forget removes the index and what was being written, and nothing else", async (t) => {
  const place = spoolOf(t);
  const ana = place.maildir("ana", ["postigo.index", "postigo.index.77.tmp", "maildirsize", "dovecot-uidlist"]);
  const { code, out, err } = await place.forget("ana");
  assert.equal(code, EXIT.ok);
  assert.deepEqual(rowsOf(out), [
    ["User", "File", "Octets", "Result", "Why"],
    ["ana", "postigo.index", "4", "removed", "-"],
    ["ana", "postigo.index.77.tmp", "4", "removed", "-"],
  ]);
  assert.match(err, /^1 maildrop: 2 of 2 files removed$/m);
  assert.deepEqual(readdirSync(ana).sort(), ["cur", "dovecot-uidlist", "maildirsize", "new", "tmp"]);
  assert.deepEqual(
    [...readdirSync(join(ana, "new")), ...readdirSync(join(ana, "cur"))],
    ["1.M1.host", "2.M2.host:2,S"],
  );
});

test("forget takes what is ours out of the Maildir++ folders too, served or not, and follows no link", async (t) => {
  const place = spoolOf(t);
  const ana = place.maildir("ana", ["postigo.index"]);
  const ben = place.maildir("ben", ["postigo.index"]);
  const work = makeMaildir(join(ana, ".Work"), MAIL);
  writeFileSync(join(work, "postigo.index"), "1234");
  writeFileSync(join(work, "maildirfolder"), "");
  makeMaildir(join(ana, ".Empty"), {});
  symlinkSync(ben, join(ana, ".Link"));
  const { code, out } = await place.forget("ana");
  assert.equal(code, EXIT.ok);
  assert.deepEqual(rowsOf(out), [
    ["User", "File", "Octets", "Result", "Why"],
    ["ana", "postigo.index", "4", "removed", "-"],
    ["ana/.Work", "postigo.index", "4", "removed", "-"],
  ]);
  assert.deepEqual(readdirSync(work).sort(), ["cur", "maildirfolder", "new", "tmp"]);
  assert.ok(existsSync(join(ben, "postigo.index")));
});

test("a second forget finds nothing, and that is fine", async (t) => {
  const place = spoolOf(t);
  place.maildir("ana", ["postigo.index"]);
  await place.forget("ana");
  const { code, out, err } = await place.forget("ana");
  assert.deepEqual({ code, out }, { code: EXIT.ok, out: "" });
  assert.match(err, /0 of 0 files removed/);
});

test("imported unique-ids are kept and told; --uids removes them", async (t) => {
  const place = spoolOf(t);
  const ana = place.maildir("ana", ["postigo.uids"]);
  const kept = await place.forget("ana");
  assert.equal(kept.code, EXIT.ok);
  assert.match(kept.out, /postigo\.uids +4 +kept +imported unique-ids; --uids removes them, and clients fetch/);
  assert.ok(existsSync(join(ana, "postigo.uids")));
  assert.match((await place.forget("ana", "--uids")).out, /postigo\.uids +4 +removed/);
  assert.ok(!existsSync(join(ana, "postigo.uids")));
});

test("mail that was put aside is left with a reason and an exit code; its folder goes once it is empty", async (t) => {
  const spool = asideSpool(t, { "postigo.hold/3.M3.host": "held", "postigo.index": "1234" });
  const { code, out } = await spool.run("forget", "ana", "--uids");
  assert.equal(code, EXIT.unavailable);
  assert.match(out, /postigo\.hold +\d+ +left +holds deleted mail; undelete brings it back/);
  assert.ok(spool.tree().includes("postigo.hold/3.M3.host") && !spool.tree().includes("postigo.index"));
  rmSync(join(spool.root, "postigo.hold/3.M3.host"));
  assert.equal((await spool.run("forget", "ana")).code, EXIT.ok);
  assert.ok(!spool.tree().some((name) => name.includes("postigo")));
});

test("an update that was cut off is finished before its journal goes", async (t) => {
  const spool = asideSpool(t, { "cur/1.M1.h:2,S": "one\n", "cur/2.M2.h": "two\n", "new/3.M3.h": "three\n" });
  spool.journal(["1.M1.h", "3.M3.h"]);
  const { code, err } = await spool.run("forget", "ana");
  assert.equal(code, EXIT.ok, err);
  assert.deepEqual(
    spool.tree().filter((name) => /M\d|postigo/.test(name)),
    ["cur/2.M2.h"],
  );
});

test("an update that cannot be finished now is left, and told", async (t) => {
  const spool = asideSpool(t, { "cur/1.M1.h:2,S": "one\n" });
  mkdirSync(join(spool.root, "postigo.journal"));
  const { code, out } = await spool.run("forget", "ana");
  assert.equal(code, EXIT.unavailable);
  assert.match(out, /postigo\.journal +\d+ +left +something else has taken this name/);
  assert.ok(spool.tree().includes("cur/1.M1.h:2,S"));
});

test("a link under a name of ours is not followed, not removed, and told", async (t) => {
  const place = spoolOf(t);
  const ana = place.maildir("ana", ["precious"]);
  symlinkSync("precious", join(ana, "postigo.index"));
  const { code, out } = await place.forget("ana");
  assert.equal(code, EXIT.unavailable);
  assert.match(out, /postigo\.index +\d+ +left +something else has taken this name/);
  assert.deepEqual(readdirSync(ana).sort(), ["cur", "new", "postigo.index", "precious", "tmp"]);
});

test("--all goes over every maildrop that exists; one in use does not keep the others", async (t) => {
  const place = spoolOf(t);
  const [ana, ben] = ["ana", "ben"].map((user) => place.maildir(user, ["postigo.index"]));
  assert.ok(ana && ben);
  const others = await openUserMaildrops({ _: [], config: place.config });
  const { code, out, err } = await others.underLock(others.of("ana"), () => place.forget("--all", "--json"));
  others.close();
  assert.equal(code, EXIT.unavailable);
  assert.doesNotMatch(err, /locked/, "JSON tells it");
  const { maildrops } = JSON.parse(out);
  assert.match(maildrops[0].problem, /ana is locked by process \d+ on .*; try again when its session is over/);
  assert.deepEqual(maildrops[1], {
    user: "ben",
    maildrop: ben,
    files: [{ file: "postigo.index", octets: 4, result: "removed", why: "" }],
  });
  assert.equal(maildrops.length, 2, "carl has no maildrop yet");
  assert.ok(existsSync(join(ana, "postigo.index")));
});

test("a missing maildrop, an unknown user, and no user at all are told apart", async (t) => {
  const place = spoolOf(t);
  assert.match((await place.forget("carl")).err, /carl cannot be reached \(ENOENT\)/);
  assert.match((await place.forget("eve")).err, /no account is called "eve"/);
  const usage = await place.forget();
  assert.deepEqual(
    { code: usage.code, err: usage.err },
    { code: EXIT.usage, err: "postigo: whose maildrop? Name one USER, or say --all\n" },
  );
  assert.equal((await place.forget("ana", "--all")).code, EXIT.usage);
});

interface Place {
  readonly config: string;
  maildir(user: string, files: readonly string[]): string;
  forget(...words: readonly string[]): Promise<Ended>;
}

const spoolOf = (t: TestContext): Place => {
  const folder = temporaryFolder(t);
  const config = join(folder, "postigo.yaml");
  writeFileSync(join(folder, "users"), "ana:{PLAIN}x\nben:{PLAIN}x\ncarl:{PLAIN}x\n", { mode: 0o600 });
  writeFileSync(
    config,
    `spool: { maildir: "${folder}/spool/%{user}" }\naccounts: [{ type: users-file, path: users }]\n` +
      "auth: { plaintext: loopback }\nlisten: [{ address: 127.0.0.1, port: 0, tls: none }]\nlock: { wait: 0s }\n",
  );
  const maildir = (user: string, files: readonly string[]): string => {
    const path = makeMaildir(join(folder, "spool", user), MAIL);
    for (const name of files) writeFileSync(join(path, name), "1234");
    return path;
  };
  rmSync(join(folder, "spool"), { force: true, recursive: true });
  return { config, maildir, forget: (...words) => call(["forget", ...words, "--config", config]) };
};

const rowsOf = (out: string): string[][] =>
  out
    .trimEnd()
    .split("\n")
    .map((line) => line.trim().split(/ {2,}/));
