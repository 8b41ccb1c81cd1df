import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { encodeImportedIds } from "@postigo/storage";
import { EXIT } from "#server/cli/exit-code";
import { parseMoment } from "#server/cli/moment";
import { openUserMaildrops } from "#server/cli/user-maildrops";
import { asideSpool, HOUR, secondsAgo } from "./aside-spool.js";

const LATE = `${secondsAgo(HOUR)}.1700000001.M1.h:2,S`;
const EARLY = `${secondsAgo(50 * HOUR)}.1700000002.M2.h`;

test("--dry-run shows what there is, the latest first, and changes nothing", async (t) => {
  const { run, root, tree } = asideSpool(t, { [`postigo.hold/${LATE}`]: "late", [`postigo.hold/${EARLY}`]: "early" });
  const before = tree();
  const { code, out, err } = await run("undelete", "ana", "--dry-run");
  const rows = out.split("\n").map((line) => line.trim().split(/ {2,}/));
  assert.equal(code, EXIT.ok);
  assert.deepEqual(rows[0], ["Unique-id", "From", "Deleted", "Octets", "Result", "Why", "File"]);
  assert.deepEqual(
    rows.slice(1, 3).map(([uniqueId, from, , octets, result]) => [uniqueId, from, octets, result]),
    [
      ["1700000001.M1.h", "hold", "4", "aside"],
      ["1700000002.M2.h", "hold", "5", "aside"],
    ],
  );
  assert.equal(err, `${root}: 0 of 2 messages restored\n`);
  assert.deepEqual(tree(), before);
});

test("--since brings back what was deleted since, under the unique-id it had, and tells the log and the quota", async (t) => {
  const spool = asideSpool(t, {
    [`postigo.hold/${LATE}`]: "late",
    [`postigo.hold/${EARLY}`]: "early",
    maildirsize: "100S\n1 1\n",
  });
  const { code, out } = await spool.run("undelete", "ana", "--since", "2d", "--json");
  assert.equal(code, EXIT.ok);
  const { messages, user, maildrop } = JSON.parse(out);
  assert.deepEqual([user, maildrop, messages.length], ["ana", spool.root, 1]);
  assert.deepEqual(messages[0], {
    ...{ uniqueId: "1700000001.M1.h", from: "hold", deleted: new Date(secondsAgo(HOUR) * 1000).toISOString() },
    ...{ octets: 4, file: "cur/1700000001.M1.h:2,S", result: "restored", why: "" },
  });
  assert.equal(fs.readFileSync(join(spool.root, "cur/1700000001.M1.h:2,S"), "latin1"), "late");
  assert.equal(fs.readFileSync(join(spool.root, "maildirsize"), "latin1"), "100S\n1 1\n4 1\n");
  assert.deepEqual(fs.readdirSync(join(spool.root, "postigo.hold")), [EARLY]);
  assert.match(spool.log(), /message-restored user=ana uid=1700000001\.M1\.h file="?cur\/1700000001\.M1\.h:2,S/);
});

test("--message brings back the one of that unique-id, an imported one too", async (t) => {
  const spool = asideSpool(t, { ".Trash/cur/1700000001.M1.h:2,ST": "a", ".Trash/cur/1700000002.M2.h:2,": "b" });
  const ids = [{ uniqueName: "1700000002.M2.h", uniqueId: "old-id", order: undefined }];
  fs.writeFileSync(join(spool.root, "postigo.uids"), encodeImportedIds(ids));
  assert.equal((await spool.run("undelete", "ana", "--message", "old-id")).code, EXIT.ok);
  assert.deepEqual(fs.readdirSync(join(spool.root, "cur")), ["1700000002.M2.h:2,"]);
  const unknown = await spool.run("undelete", "ana", "--message", "nobody-knows");
  assert.deepEqual([unknown.code, unknown.out], [EXIT.missingInput, ""]);
  assert.match(
    unknown.err,
    /^postigo: no deleted message with the unique-id "nobody-knows" is aside; --dry-run alone shows/m,
  );
  const early = await spool.run("undelete", "ana", "--message", "nobody\x1b", "--since", "2020-01-01");
  assert.match(early.err, /with the unique-id "nobody\\x1b" is aside since 20(19|20)-/);
});

test("a message whose name is taken stays aside, with the reason and an exit code", async (t) => {
  const spool = asideSpool(t, { [`postigo.hold/${LATE}`]: "late", "new/1700000001.M1.h": "mine" });
  const { code, out } = await spool.run("undelete", "ana", "--since", "1d");
  assert.equal(code, EXIT.unavailable);
  assert.match(out, /left {3,}a message of this name is in the maildrop/);
  assert.equal(fs.readFileSync(join(spool.root, "new/1700000001.M1.h"), "latin1"), "mine");
});

test("an update that was cut off is finished before: it does not take away again what comes back", async (t) => {
  const spool = asideSpool(t, { "cur/1700000009.M9.h:2,": "doomed", [`postigo.hold/${LATE}`]: "late" });
  spool.journal(["1700000009.M9.h", "1700000001.M1.h"]);
  assert.equal((await spool.run("undelete", "ana", "--since", "1d")).code, EXIT.ok);
  assert.deepEqual(fs.readdirSync(join(spool.root, "cur")), ["1700000001.M1.h:2,S"]);
  assert.ok(!fs.existsSync(join(spool.root, "postigo.journal")));
});

test("a maildrop in use is left alone", async (t) => {
  const spool = asideSpool(t, { [`postigo.hold/${LATE}`]: "late" });
  const others = await openUserMaildrops({ _: [], config: spool.config });
  const { code, err } = await others.underLock(others.of("ana"), () => spool.run("undelete", "ana", "--since", "1d"));
  others.close();
  assert.equal(code, EXIT.unavailable);
  assert.match(err, /is locked by process \d+/);
});

test("a wish that is none is answered with how to say it", async (t) => {
  const { run } = asideSpool(t, {});
  assert.match((await run("undelete")).err, /whose messages\? Name a USER/);
  assert.match((await run("undelete", "ana")).err, /which messages\? --since 2d, or --message ID; --dry-run shows/);
  assert.match((await run("undelete", "ana", "--since", "soon")).err, /--since soon: write a time that has passed/);
  assert.match((await run("undelete", "eve", "--since", "1d")).err, /no account is called "eve"/);
});

const NOW = Date.parse("2026-11-24T12:00:00Z");
for (const [text, moment] of [
  ["2d", NOW - 2 * 86_400_000],
  ["2026-11-24T09:30Z", Date.parse("2026-11-24T09:30:00Z")],
  ["2026-11-24T09:30:01+01:00", Date.parse("2026-11-24T08:30:01Z")],
  ["2026-11-20", new Date(2026, 10, 20).getTime()],
  ["2026-11-20T10:00", new Date(2026, 10, 20, 10).getTime()],
  ["2027-01-01", undefined],
  ["2026-13-01", undefined],
  ["yesterday", undefined],
  ["1", undefined],
  ["", undefined],
] as const) {
  test(`--since ${JSON.stringify(text)} is ${moment === undefined ? "refused" : new Date(moment).toISOString()}`, () => {
    assert.equal(parseMoment(text, NOW), moment);
  });
}
