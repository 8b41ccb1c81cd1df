// What a completion cannot do it leaves in the journal: nothing a client has deleted comes back, and nothing else is taken for it.

import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Maildrop } from "#storage/maildrop";
import { errnoError } from "#storage/ports/errno";
import type { ReplaceOptions } from "#storage/ports/file-system";
import { createFileSystem } from "#storage/ports/node-file-system";
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
import { IO_MODES } from "../support/maildrop-fixture.js";
import { disk, freshStore, rowsOf } from "../support/store-fixture.js";
import { assertWhole, DOOMED, doomedMaildir, KEPT, openAgain, snapshot, usageIn } from "../support/update-fixture.js";

const ERRNOS = ["EIO", "ENOSPC", "EACCES", "EMFILE"];
const STUCK = "cur/1700000002.M2.h:2,S";
const JOURNAL = "postigo.journal";

for (const [method, errno] of [
  ["lstat", "EIO"],
  ["unlink", "EIO"],
  ["unlink", "EACCES"],
] as const) {
  test(`a message whose ${method} fails with ${errno} in a completion is not shown, and goes at a later login`, async (t) => {
    const maildir = doomedMaildir(t);
    await cutOff(maildir);
    for (const login of ["first", "second"]) {
      const met = await logIn(maildir, failEach(method, errno, STUCK));
      assert.deepEqual(met.rows, sorted(KEPT), `${login}: it was deleted`);
      assert.ok(maildir.has(STUCK), login);
      assert.deepEqual(met.troubles, ["UPDATE_UNFINISHED"], login);
      assert.equal(usageIn(maildir), "33 3", `${login}: the quota has heard of the others, once`);
      assert.match(maildir.read(JOURNAL), /^postigo-journal 2 unlink \d+\n11 \d+\.\d+ 1700000002\.M2\.h\nend 1 /);
    }
    await openAgain(maildir);
    assertWhole(maildir, "once the disk lets it");
    assert.equal(maildir.paths().length, KEPT.length);
  });
}

for (const io of IO_MODES) {
  for (const errno of ERRNOS) {
    test(`${io}: ${errno} at any call of a completion: no deleted message is shown, and the next login has done it all, once`, async (t) => {
      for (let index = 0, isMet = true; isMet; index++) {
        const maildir = doomedMaildir(t);
        await cutOff(maildir);
        const met = await logIn(maildir, failAt(index, errno), io);
        isMet = met.calls > index;
        if (met.outcome === "opened") assert.deepEqual(met.rows, sorted(KEPT), `call ${index}`);
        await openAgain(maildir);
        assertGone(maildir, `${errno} at call ${index}`);
      }
    });
  }
}

test("a fault at a call of a completion, and a crash at any call of the next one: the third has done it all, once", async (t) => {
  for (let first = 0, isMet = true; isMet; first += 4) {
    for (let second = 0, isCut = true; isCut; second++) {
      const maildir = doomedMaildir(t);
      await cutOff(maildir);
      const met = await logIn(maildir, failAt(first, "EIO"));
      isMet = met.calls > first;
      isCut = (await logIn(maildir, crashAt(second))).calls > second;
      await openAgain(maildir);
      assertGone(maildir, `EIO at call ${first}, cut off before call ${second}`);
    }
  }
});

for (const errno of ["EIO", "ENOSPC"]) {
  test(`${errno} at any call of an update: the quota hears of each removal once, at the next login if not then`, async (t) => {
    for (let index = 0, isMet = true; isMet; index++) {
      const maildir = doomedMaildir(t);
      const met = await update(maildir, failAt(index, errno), DOOMED);
      isMet = met.calls > index;
      await openAgain(maildir);
      const gone = DOOMED.filter((path) => !maildir.has(path)).length;
      assert.equal(usageIn(maildir), `${55 - 11 * gone} ${5 - gone}`, `${errno} at call ${index}, ${met.troubles}`);
      assert.ok(!maildir.has(JOURNAL), `${errno} at call ${index}`);
    }
  });
}

test("an update beside an unfinished one may be cut off before any call: the next session finishes both", async (t) => {
  for (let index = 0, isOver = false; !isOver; index++) {
    const maildir = doomedMaildir(t)
      .put("new/1700000006.M6.h", "elevenocts\n")
      .put("new/1700000007.M7.h", "elevenocts\n");
    maildir.put("maildirsize", "10000S\n77 7\n");
    await cutOff(maildir);
    const met = await sessionOn(maildir, {
      opening: failEach("unlink", "EACCES", STUCK),
      removing: crashAt(index),
      paths: ["new/1700000006.M6.h", "new/1700000007.M7.h"],
    });
    isOver = met.calls <= index;
    assert.equal(maildir.has(JOURNAL), true, "the first one is not over");
    await openAgain(maildir);
    const there = maildir.paths();
    assert.deepEqual(
      there.filter((path) => DOOMED.includes(path)),
      [],
      `cut off before call ${index}`,
    );
    for (const path of KEPT) assert.ok(there.includes(path));
    assert.ok(there.length === 2 || there.length === 4, "the second is done, or has not begun");
    assert.equal(usageIn(maildir), `${11 * there.length} ${there.length}`, `cut off before call ${index}`);
    assert.ok(!maildir.has(JOURNAL));
  }
});

test("a quota that cannot be told is owed, by later updates too, and told of all once it can", async (t) => {
  const maildir = doomedMaildir(t);
  const deaf = failEach("append", "EACCES", "maildirsize");
  const first = await update(maildir, deaf, DOOMED.slice(0, 2));
  assert.deepEqual([first.troubles, usageIn(maildir)], [["QUOTA_FAILED"], "55 5"]);
  const second = await sessionOn(maildir, { opening: deaf, removing: deaf, paths: [DOOMED[2] ?? ""] });
  assert.deepEqual([second.troubles, usageIn(maildir)], [["QUOTA_FAILED", "QUOTA_FAILED"], "55 5"]);
  assert.deepEqual((await openAgain(maildir)).troubles, []);
  assertGone(maildir, "told");
  await openAgain(maildir);
  assertGone(maildir, "told once");
});

test("a quota that was counted anew is owed nothing", async (t) => {
  const maildir = doomedMaildir(t);
  await update(maildir, failEach("append", "EACCES", "maildirsize"), DOOMED);
  fs.writeFileSync(join(maildir.root, "maildirsize.new"), "10000S\n22 2\n");
  fs.renameSync(join(maildir.root, "maildirsize.new"), join(maildir.root, "maildirsize"));
  await openAgain(maildir);
  assertGone(maildir, "counted anew");
});

for (const quota of ["with", "without"]) {
  test(`mail that is put back under its name stays, though the journal could not be taken away (${quota} a quota)`, async (t) => {
    const maildir = doomedMaildir(t);
    if (quota === "without") maildir.remove("maildirsize");
    const { troubles } = await update(maildir, failEach("unlink", "EIO", JOURNAL), DOOMED);
    assert.deepEqual(troubles, ["JOURNAL_FAILED"]);
    assert.ok(maildir.has(JOURNAL));
    for (const path of DOOMED) maildir.put(path, "put back, it is\n");
    const stuck = await logIn(maildir, failEach("unlink", "EIO", JOURNAL));
    assert.deepEqual([stuck.rows, stuck.troubles], [sorted([...DOOMED, ...KEPT]), ["JOURNAL_FAILED"]]);
    const { rows } = await openAgain(maildir);
    assert.deepEqual(sorted(rows), sorted([...DOOMED, ...KEPT]));
    assert.ok(!maildir.has(JOURNAL));
  });
}

test("a message that an update could not remove stays, as its client was told, though the journal could not be taken away", async (t) => {
  const maildir = doomedMaildir(t).remove("maildirsize");
  const interference = both(failEach("unlink", "EACCES", STUCK), failEach("unlink", "EIO", JOURNAL));
  assert.equal((await update(maildir, interference, DOOMED)).failed, 1);
  assert.deepEqual(sorted((await openAgain(maildir)).rows), sorted([STUCK, ...KEPT]));
  assert.ok(!maildir.has(JOURNAL));
});

test("mail that a backup has put back under a name that a cut-off update was to remove stays; the rest goes", async (t) => {
  const maildir = doomedMaildir(t);
  await cutOff(maildir);
  maildir.remove(STUCK).put(STUCK, "elevenocts\n");
  const { rows } = await openAgain(maildir);
  assert.deepEqual(sorted(rows), sorted([STUCK, ...KEPT]));
  assert.equal(usageIn(maildir), "22 2", "who puts mail back tells the quota");
});

test("the file that was meant goes from beside another one that has its name, and the other one stays", async (t) => {
  const maildir = doomedMaildir(t);
  await cutOff(maildir);
  const meant = "new/1700000001.M1.h";
  const other = "cur/1700000001.M1.h:2,S";
  maildir.put(other, "another mail\n");
  const { rows } = await openAgain(maildir);
  assert.deepEqual(sorted(rows), sorted([other, ...KEPT]));
  assert.ok(!maildir.has(meant));
});

test("a journal of which only the folder could not be synced is a journal: the quota hears of it once", async (t) => {
  const maildir = doomedMaildir(t);
  const { troubles } = await update(maildir, () => undefined, DOOMED, new UnsyncedFolder(disk));
  assert.deepEqual(troubles, ["JOURNAL_FAILED"]);
  await openAgain(maildir);
  assertGone(maildir, "not synced");
});

test("a journal that cannot be read, or is of another version, refuses the login and stays", async (t) => {
  const maildir = doomedMaildir(t);
  await cutOff(maildir);
  const before = snapshot(maildir);
  const unread = await logIn(maildir, failEach("readFile", "EACCES", JOURNAL));
  assert.deepEqual([unread.outcome, unread.troubles], ["JOURNAL_FAILED", ["JOURNAL_FAILED"]]);
  assert.deepEqual(snapshot(maildir), before);
  maildir.put(JOURNAL, "postigo-journal 3 shred -\n");
  const foreign = await logIn(maildir, () => undefined);
  assert.deepEqual([foreign.outcome, foreign.troubles], ["JOURNAL_FAILED", ["JOURNAL_FAILED"]]);
  assert.equal(maildir.read(JOURNAL), "postigo-journal 3 shred -\n");
});

test("messages are numbered, read and removed rightly beside one that is not shown", async (t) => {
  const maildir = doomedMaildir(t);
  await cutOff(maildir);
  const store = freshStore({ fs: new FaultyFileSystem(disk, failEach("unlink", "EACCES", STUCK)) });
  const outcome = await store.open(maildir.root, { recover: true });
  assert.ok(outcome.type === "opened");
  const { maildrop } = outcome;
  assert.deepEqual(
    rowsOf(maildrop).map(({ uniqueId }) => uniqueId),
    ["1700000004.M4.h", "1700000005.M5.h"],
  );
  await maildrop.markRetrieved([1]);
  assert.deepEqual((await maildrop.remove([0])).failed, []);
  await maildrop.close();
  assert.deepEqual(maildir.paths(), sorted([STUCK, "cur/1700000005.M5.h:2,S"]));
  assert.equal(usageIn(maildir), "22 2");
});

/** An update of three messages that dies after the first. */
async function cutOff(maildir: MaildirBuilder): Promise<void> {
  await update(maildir, crashBefore("unlink", 2), DOOMED);
  assert.deepEqual([maildir.has(JOURNAL), DOOMED.filter((path) => maildir.has(path)).length], [true, 2]);
}

interface Met {
  /** `opened`, or why not. */
  readonly outcome: string;
  readonly rows: readonly string[];
  readonly troubles: readonly StorageErrorCode[];
  readonly failed: number;
  /** Calls of what was interfered with. */
  readonly calls: number;
}

const update = (
  maildir: MaildirBuilder,
  removing: Interference,
  paths: readonly string[],
  inner = disk,
): Promise<Met> => sessionOn(maildir, { removing, paths, inner });

const logIn = (maildir: MaildirBuilder, opening: Interference, io: "sync" | "async" = "sync"): Promise<Met> =>
  sessionOn(maildir, { opening, paths: [], inner: io === "sync" ? disk : createFileSystem({ io }) });

interface Disturbed {
  readonly opening?: Interference;
  readonly removing?: Interference;
  readonly paths: readonly string[];
  readonly inner?: typeof disk;
}

/** A session of a new process, from its opening to the removal of `paths`. */
async function sessionOn(
  maildir: MaildirBuilder,
  { opening = () => undefined, removing = () => undefined, paths, inner = disk }: Disturbed,
): Promise<Met> {
  let isOpen = false;
  let before = 0;
  const files = new FaultyFileSystem(inner, (call) => {
    if (isOpen) removing({ ...call, index: call.index - before });
    else opening(call);
  });
  const troubles: StorageErrorCode[] = [];
  const store = freshStore({ fs: files, onTrouble: ({ code }) => troubles.push(code) });
  let maildrop: Maildrop | undefined;
  let [outcome, failed] = ["crashed", 0];
  try {
    const opened = await store.open(maildir.root, { recover: true });
    if (opened.type === "opened") maildrop = opened.maildrop;
    outcome = opened.type === "opened" ? opened.type : opened.error.code;
    const rows = maildrop === undefined ? [] : rowsOf(maildrop).map(({ path }) => path);
    before = paths.length > 0 ? files.calls.length : 0;
    isOpen = true;
    if (paths.length > 0 && maildrop !== undefined) {
      const wanted = rows.flatMap((path, position) => (paths.includes(path) ? [position] : []));
      failed = (await maildrop.remove(wanted)).failed.length;
    }
    return { outcome, rows: sorted(rows), troubles, failed, calls: files.calls.length - before };
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    return { outcome: "crashed", rows: [], troubles, failed, calls: files.calls.length - before };
  }
}

/** Puts a file in its place, and then cannot sync the folder. */
class UnsyncedFolder extends FaultyFileSystem {
  override async replaceFile(path: string, octets: Uint8Array, options: ReplaceOptions): Promise<void> {
    await super.replaceFile(path, octets, options);
    if (path.endsWith(JOURNAL)) throw errnoError("EIO", "fsync", path);
  }
}

function both(first: Interference, second: Interference): Interference {
  return (call) => {
    first(call);
    second(call);
  };
}

function assertGone(maildir: MaildirBuilder, when: string): void {
  assertWhole(maildir, when);
  assert.equal(maildir.paths().length, KEPT.length, when);
}

const sorted = (paths: readonly string[]): string[] => [...paths].sort();
