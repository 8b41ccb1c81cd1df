// An update is cut off before each of its calls in turn; the next session finishes it, and may be cut off itself.

import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { StorageErrorCode } from "#storage/storage-error";
import {
  Crash,
  crashAt,
  crashBefore,
  FaultyFileSystem,
  failAt,
  failEach,
  type Interference,
} from "../support/faulty-file-system.js";
import type { MaildirBuilder } from "../support/maildir-builder.js";
import { disk, freshStore, rowsOf } from "../support/store-fixture.js";
import {
  assertWhole,
  DOOMED,
  KEPT,
  doomedMaildir as maildirIn,
  openAgain,
  snapshot,
  usageIn,
} from "../support/update-fixture.js";

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
    for (let first = 4; first < 30; first += 4) {
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
  await update(maildir, { way: "unlink", interference: crashBefore("unlink", 2) });
  if (maildir.has("new/1700000001.M1.h")) maildir.rename("new/1700000001.M1.h", "cur/1700000001.M1.h:2,FS");
  const { finished } = await openAgain(maildir);
  assertWhole(maildir, "renamed");
  assert.ok(finished !== undefined && finished.report.failed.length === 0);
});

test("without a lock nothing is finished: whoever looks on changes nothing", async (t) => {
  const maildir = maildirIn(t);
  await update(maildir, { way: "unlink", interference: crashBefore("unlink", 2) });
  const before = snapshot(maildir);
  assert.equal((await freshStore().open(maildir.root)).type, "opened");
  assert.deepEqual(snapshot(maildir), before);
  assert.ok(before.includes("postigo.journal"));
});

test("a running server that knows the maildrop finishes it too", async (t) => {
  const maildir = maildirIn(t).settle();
  const store = freshStore();
  await store.open(maildir.root, { recover: true });
  await update(maildir, { way: "unlink", interference: crashBefore("unlink", 2) });
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
  await update(maildir, { way: "unlink", interference: crashBefore("unlink", 2) });
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
      await update(maildir, { way: "hold", interference: crashBefore("rename", 2) });
      await recover(maildir, failAt(index, errno));
      const { rows } = await openAgain(maildir);
      for (const path of KEPT) assert.ok(rows.includes(path), `${path} after ${errno} at call ${index}`);
    }
  });
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
