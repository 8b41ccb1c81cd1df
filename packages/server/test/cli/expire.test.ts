import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { EXIT } from "#server/cli/exit-code";
import { openUserMaildrops } from "#server/cli/user-maildrops";
import { asideSpool, deliver, HOUR, secondsAgo } from "./aside-spool.js";

const DAY = 24 * HOUR;
const OLD = `${secondsAgo(400 * DAY)}.M1.h`;
const YOUNG = `${secondsAgo(300 * DAY)}.M2.h`;
const HELD_LONG = `postigo.hold/${secondsAgo(31 * DAY)}.1.M3.h`;
const HELD = `postigo.hold/${secondsAgo(29 * DAY)}.1.M4.h`;
const FILES = { [`cur/${OLD}:2,S`]: "old", [`new/${YOUNG}`]: "young", [HELD_LONG]: "a", [HELD]: "b" };
const BOTH = "{ deleted: hold 30d, expire: 365d }";

test("--dry-run counts what would go and changes nothing", async (t) => {
  const { run, tree } = asideSpool(t, FILES, BOTH);
  const before = tree();
  const { code, out, err } = await run("expire", "--all", "--dry-run");
  assert.equal(code, EXIT.ok);
  assert.deepEqual(
    out
      .trimEnd()
      .split("\n")
      .map((line) => line.trim().split(/ {2,}/)),
    [
      ["User", "Expired", "Held no longer", "Failed"],
      ["ana", "1", "1", "0"],
    ],
  );
  assert.equal(err, "1 maildrop: 1 expired, 1 held no longer, 0 failed\n");
  assert.deepEqual(tree(), before);
});

test("old mail goes where deleted mail goes, held mail ends, each with its line in the log", async (t) => {
  const { run, root, log } = asideSpool(t, FILES, BOTH);
  const { code, out } = await run("expire", "ana", "--json");
  assert.equal(code, EXIT.ok);
  assert.deepEqual(JSON.parse(out), { maildrops: [{ user: "ana", maildrop: root, expired: 1, purged: 1, failed: 0 }] });
  assert.deepEqual([...fs.readdirSync(join(root, "cur")), ...fs.readdirSync(join(root, "new"))], [YOUNG]);
  const held = fs.readdirSync(join(root, "postigo.hold"));
  assert.equal(held.length, 2);
  assert.ok(held.some((name) => name.endsWith(`.${OLD}:2,S`)));
  assert.match(log(), /message-removed session=postigo user=ana .* how=held why=expired/);
  assert.match(log(), /held-message-purged user=ana file=postigo\.hold\/\d+\.1\.M3\.h octets=1/);
});

test("more than a login would remove at a time goes in one run", async (t) => {
  const many = Array.from({ length: 2_100 }, (_, n) => [`cur/${secondsAgo(400 * DAY) - n}.M1.h,S=1,W=3:2,`, "x"]);
  const { run, root } = asideSpool(t, Object.fromEntries(many), "{ expire: 365d }");
  assert.match((await run("expire", "ana")).err, /2100 expired, 0 held no longer, 0 failed/);
  assert.deepEqual(fs.readdirSync(join(root, "cur")), []);
});

test("--all shows how far it has come; of a single maildrop there is nothing to show", async (t) => {
  const spool = asideSpool(t, FILES, BOTH);
  fs.writeFileSync(join(spool.root, "../../users"), users(20), { mode: 0o600 });
  for (let n = 0; n < 20; n++) fs.mkdirSync(join(spool.root, `../user${n}/cur`), { recursive: true });
  for (let n = 0; n < 20; n++) fs.mkdirSync(join(spool.root, `../user${n}/new`));
  for (const words of [["--all"], ["--all", "--dry-run"]]) {
    const { code, err } = await spool.run("expire", ...words);
    assert.equal(code, EXIT.ok, err);
    const shown = err.split("\n").filter((line) => / of 20 maildrops$/.test(line));
    assert.deepEqual([shown.length, shown[0], shown.at(-1)], [10, "2 of 20 maildrops", "20 of 20 maildrops"]);
  }
  assert.doesNotMatch((await spool.run("expire", "user1")).err, / of /);
});

const users = (count: number): string => Array.from({ length: count }, (_, n) => `user${n}:{PLAIN}x\n`).join("");

test("a maildrop in use is left alone and does not keep the others", async (t) => {
  const spool = asideSpool(t, FILES, BOTH);
  for (const folder of ["cur", "new", "tmp"]) fs.mkdirSync(join(spool.root, "../ben", folder), { recursive: true });
  deliver(join(spool.root, "../ben/cur", `${OLD}:2,`), "old");
  const others = await openUserMaildrops({ _: [], config: spool.config });
  const { code, out } = await others.underLock(others.of("ana"), () => spool.run("expire", "--all", "--json"));
  others.close();
  assert.equal(code, EXIT.unavailable);
  const [ana, ben] = JSON.parse(out).maildrops;
  assert.match(ana.problem, /is locked by process/);
  assert.deepEqual([ana.expired, ben.expired], [0, 1]);
});

test("a configuration in which nothing expires is told, as is a wish that names nobody", async (t) => {
  const { run } = asideSpool(t, FILES, "{ deleted: trash }");
  const { code, err } = await run("expire", "--all");
  assert.equal(code, EXIT.configuration);
  assert.match(err, /no mail expires in this configuration; set maildrop\.expire, or maildrop\.deleted to hold with/);
  assert.equal((await run("expire")).code, EXIT.usage);
});

test("--held-before ends what was held before the configuration changed, and takes no other mail", async (t) => {
  const { run, root, tree } = asideSpool(t, FILES, "{ deleted: unlink, expire: 365d }");
  const mail = tree().filter((name) => !name.startsWith("postigo.hold"));
  const { code, err } = await run("expire", "ana", "--held-before", "30d");
  assert.equal(code, EXIT.ok);
  assert.match(err, /0 expired, 1 held no longer, 0 failed/);
  assert.deepEqual(fs.readdirSync(join(root, "postigo.hold")), [HELD.replace("postigo.hold/", "")]);
  assert.match((await run("expire", "ana", "--held-before", "0s")).err, /1 held no longer/);
  assert.deepEqual(
    tree().filter((name) => !name.startsWith("postigo.")),
    mail.filter((name) => !name.startsWith("postigo.")),
  );
  const typo = await run("expire", "ana", "--held-before", "soon");
  assert.equal(typo.code, EXIT.usage);
  assert.match(typo.err, /--held-before soon: write a time that has passed/);
});

test("what cannot be removed is counted, tried once, and ends with 74", async (t) => {
  const { run, root } = asideSpool(t, FILES, BOTH);
  fs.rmSync(join(root, "postigo.hold"), { recursive: true });
  fs.symlinkSync("/nonexistent", join(root, "postigo.hold"));
  const { code, err } = await run("expire", "ana");
  assert.deepEqual(
    [code, err.split("\n").at(-2)],
    [EXIT.inputOutput, "1 maildrop: 0 expired, 0 held no longer, 1 failed"],
  );
});
