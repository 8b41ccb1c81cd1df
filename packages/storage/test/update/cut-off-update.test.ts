// An update is cut off before each of its calls in turn; the next session finishes it, and may be cut off itself.

import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { FinishedUpdate } from "#storage/maildir-store";
import type { StorageErrorCode } from "#storage/storage-error";
import {
  Crash,
  crashAt,
  FaultyFileSystem,
  failAt,
  failEach,
  type Interference,
} from "../support/faulty-file-system.js";
import { MaildirBuilder } from "../support/maildir-builder.js";
import { disk, freshStore, rowsOf } from "../support/store-fixture.js";

const DOOMED = ["new/1700000001.M1.h", "cur/1700000002.M2.h:2,S", "cur/1700000003.M3.h,S=11:2,"];
const KEPT = ["cur/1700000004.M4.h:2,", "new/1700000005.M5.h"];
const QUOTA = "10000S\n55 5\n";

for (const way of ["unlink", "hold", "trash"] as const) {
  test(`${way}: cut off before any call, an update is finished by the next session or has not begun`, async (t) => {
    for (let index = 0, isOver = false; !isOver; index++) {
      const maildir = maildirIn(t);
      isOver = await update(maildir, { way, interference: crashAt(index) });
      await openAgain(maildir);
      assertWhole(maildir, `cut off before call ${index}`);
      const before = snapshot(maildir);
      await openAgain(maildir);
      assert.deepEqual(snapshot(maildir), before, "a second session changes nothing");
    }
  });

  test(`${way}: a session that finishes an update may be cut off before any call`, async (t) => {
    for (let first = 4; first < 24; first += 3) {
      for (let second = 0, isOver = false; !isOver; second++) {
        const maildir = maildirIn(t);
        await update(maildir, { way, interference: crashAt(first) });
        isOver = await recover(maildir, crashAt(second));
        await openAgain(maildir);
        assertWhole(maildir, `cut off before call ${first}, then ${second}`);
      }
    }
  });
}

test("what was renamed after the crash is removed under its new name, and told", async (t) => {
  const maildir = maildirIn(t);
  await update(maildir, { way: "unlink", interference: crashAt(6) });
  if (maildir.has("new/1700000001.M1.h")) maildir.rename("new/1700000001.M1.h", "cur/1700000001.M1.h:2,FS");
  const { finished } = await openAgain(maildir);
  assertWhole(maildir, "renamed");
  assert.ok(finished !== undefined && finished.report.failed.length === 0);
});

test("without a lock nothing is finished: whoever looks on changes nothing", async (t) => {
  const maildir = maildirIn(t);
  await update(maildir, { way: "unlink", interference: crashAt(6) });
  const before = snapshot(maildir);
  assert.equal((await freshStore().open(maildir.root)).type, "opened");
  assert.deepEqual(snapshot(maildir), before);
  assert.ok(before.includes("postigo.journal"));
});

test("a running server that knows the maildrop finishes it too", async (t) => {
  const maildir = maildirIn(t).settle();
  const store = freshStore();
  await store.open(maildir.root, { recover: true });
  await update(maildir, { way: "unlink", interference: crashAt(5) });
  const outcome = await store.open(maildir.root, { recover: true });
  assert.ok(outcome.type === "opened");
  assert.deepEqual(
    rowsOf(outcome.maildrop)
      .map(({ path }) => path)
      .sort(),
    [...KEPT].sort(),
  );
});

test("a quota that was counted anew after the crash has heard of what had gone, and hears of the rest", async (t) => {
  const maildir = maildirIn(t);
  await update(maildir, { way: "unlink", interference: crashAt(6) });
  const gone = DOOMED.filter((path) => !maildir.has(path)).length;
  assert.ok(gone > 0 && gone < DOOMED.length, "it was cut off in the middle");
  const count = 5 - gone;
  fs.writeFileSync(join(maildir.root, "maildirsize.new"), `10000S\n${count * 11} ${count}\n`);
  fs.renameSync(join(maildir.root, "maildirsize.new"), join(maildir.root, "maildirsize"));
  await openAgain(maildir);
  assert.equal(usageIn(maildir), "22 2");
});

test("a torn journal is told and taken away; nothing is removed", async (t) => {
  const maildir = maildirIn(t);
  fs.writeFileSync(join(maildir.root, "postigo.journal"), "postigo-journal 1 unlink -\n11 1700000001.M1.h\n");
  const { troubles } = await openAgain(maildir);
  assert.deepEqual(troubles, ["JOURNAL_TORN"]);
  assert.deepEqual(maildir.paths(), [...DOOMED, ...KEPT].sort());
  assert.ok(!snapshot(maildir).includes("postigo.journal"));
});

test("a full disk takes no journal, and messages can be removed all the same", async (t) => {
  const maildir = maildirIn(t);
  const troubles: StorageErrorCode[] = [];
  await update(maildir, { way: "unlink", interference: failEach("replaceFile", "ENOSPC"), troubles });
  assert.deepEqual(troubles, ["JOURNAL_FAILED"]);
  assertWhole(maildir, "full disk");
});

for (const errno of ["EIO", "ENOSPC", "EACCES", "EMFILE"]) {
  test(`${errno} at any call of an update or of its completion costs no message that was to stay, and no login`, async (t) => {
    for (let index = 0; index < 30; index++) {
      const maildir = maildirIn(t);
      await update(maildir, { way: "hold", interference: crashAt(7) });
      await recover(maildir, failAt(index, errno));
      const { rows } = await openAgain(maildir);
      for (const path of KEPT) assert.ok(rows.includes(path), `${path} after ${errno} at call ${index}`);
    }
  });
}

function maildirIn(t: TestContext): MaildirBuilder {
  const maildir = MaildirBuilder.in(t);
  for (const path of [...DOOMED, ...KEPT]) maildir.put(path, "elevenocts\n");
  return maildir.put("maildirsize", QUOTA);
}

interface Cut {
  readonly way: "unlink" | "hold" | "trash";
  readonly interference: Interference;
  readonly troubles?: StorageErrorCode[];
}

/** Whether the update came to its end. */
async function update(maildir: MaildirBuilder, { way, interference, troubles = [] }: Cut): Promise<boolean> {
  let isArmed = false;
  let skipped = 0;
  const files = new FaultyFileSystem(disk, (call) => {
    if (!isArmed) skipped += 1;
    else interference({ ...call, index: call.index - skipped });
  });
  const store = freshStore({ fs: files, onTrouble: ({ code }) => troubles.push(code) });
  const outcome = await store.open(maildir.root, { recover: true, deleted: way });
  assert.ok(outcome.type === "opened");
  const { maildrop } = outcome;
  const positions = rowsOf(maildrop).flatMap(({ path }, position) => (DOOMED.includes(path) ? [position] : []));
  isArmed = true;
  const report = await maildrop.remove(positions);
  return report.failed.length === 0 && troubles.length === 0;
}

/** Opens as a session does; whether nothing cut it off. */
async function recover(maildir: MaildirBuilder, interference: Interference): Promise<boolean> {
  let isCut = false;
  const files = new FaultyFileSystem(disk, (call) => {
    try {
      interference(call);
    } catch (error) {
      isCut = true;
      throw error;
    }
  });
  try {
    await freshStore({ fs: files }).open(maildir.root, { recover: true });
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
  }
  return !isCut;
}

interface Session {
  readonly rows: readonly string[];
  readonly troubles: readonly StorageErrorCode[];
  readonly finished: FinishedUpdate | undefined;
}

async function openAgain(maildir: MaildirBuilder): Promise<Session> {
  const troubles: StorageErrorCode[] = [];
  const store = freshStore({ onTrouble: ({ code }) => troubles.push(code) });
  const outcome = await store.open(maildir.root, { recover: true });
  assert.ok(outcome.type === "opened");
  const rows = rowsOf(outcome.maildrop).map(({ path }) => path);
  return { rows, troubles, finished: outcome.finished };
}

/** Either all that was doomed is gone and the quota has heard of it once, or all is there and the quota has heard nothing. */
function assertWhole(maildir: MaildirBuilder, when: string): void {
  const there = maildir.paths();
  for (const path of KEPT) assert.ok(there.includes(path), `${path}, ${when}`);
  const hasBegun = there.length === KEPT.length;
  assert.ok(hasBegun || there.length === KEPT.length + DOOMED.length, `${there.join(" ")}, ${when}`);
  assert.equal(usageIn(maildir), hasBegun ? "22 2" : "55 5", when);
  assert.ok(!snapshot(maildir).includes("postigo.journal"), when);
}

/** The sum of the lines. */
function usageIn(maildir: MaildirBuilder): string {
  const lines = maildir.read("maildirsize").trim().split("\n").slice(1);
  const sum = (column: number) => lines.reduce((total, line) => total + Number(line.trim().split(/ +/)[column]), 0);
  return `${sum(0)} ${sum(1)}`;
}

function snapshot(maildir: MaildirBuilder): string[] {
  const names = fs.readdirSync(maildir.root, { recursive: true, encoding: "latin1" });
  return names.filter((name) => !/postigo\.index|\.tmp$/.test(name)).sort();
}
