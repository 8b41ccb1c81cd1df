// An update, or its completion, that outlives its lock: whoever holds the lock next finishes it, and tells the quota of all at once.

import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { OpenOptions } from "#storage/maildir-store";
import { FaultyFileSystem, failEach, type Interference } from "../support/faulty-file-system.js";
import { MaildirBuilder } from "../support/maildir-builder.js";
import { disk, freshStore, openMaildrop, rowsOf } from "../support/store-fixture.js";

const ALL = ["cur/1700000001.M1.h:2,", "cur/1700000002.M2.h:2,", "cur/1700000003.M3.h:2,"];
const QUOTA = "10000S\n33 3\n";

test("an update that loses its lock stops, and tells the quota nothing: the next session does, once", async (t) => {
  const maildir = maildirIn(t);
  const lock = { isHeld: true };
  const report = await removeAll(maildir, {
    mayGoOn: () => lock.isHeld,
    interference: onceAt("unlink", () => {
      lock.isHeld = false;
    }),
  });
  assert.deepEqual([report.removed.length, report.failed.length], [1, 2]);
  assert.equal(maildir.read("maildirsize"), QUOTA);
  await session(maildir);
  assertAllGone(maildir);
});

test("a session that takes over in the middle of an update finishes it; the loser then tells nothing twice", async (t) => {
  const maildir = maildirIn(t);
  const lock = { isHeld: true };
  const taken: Promise<unknown>[] = [];
  await removeAll(maildir, {
    mayGoOn: () => lock.isHeld,
    interference: onceAt("unlink", () => {
      lock.isHeld = false;
      taken.push(session(maildir));
    }),
  });
  await Promise.all(taken);
  await session(maildir);
  assertAllGone(maildir);
});

test("a completion whose caller has gone stops; the journal stays for the next session, and the quota is told once", async (t) => {
  const maildir = maildirIn(t);
  await cutOff(maildir);
  const lock = { isHeld: true };
  const files = new FaultyFileSystem(
    disk,
    onceAt("unlink", () => {
      lock.isHeld = false;
    }),
  );
  const outcome = await freshStore({ fs: files }).open(maildir.root, { recover: true, mayGoOn: () => lock.isHeld });
  assert.equal(outcome.type, "opened");
  assert.ok(maildir.has("postigo.journal"));
  assert.equal(maildir.read("maildirsize"), QUOTA);
  await session(maildir);
  assertAllGone(maildir);
});

test("a message that could not be removed stays when the crash came after the quota had been noted", async (t) => {
  const maildir = maildirIn(t);
  const denied = failEach("unlink", "EACCES", "M2.h:2,");
  const noEnd = failEach("unlink", "EIO", "postigo.journal");
  const both: Interference = (call) => {
    denied(call);
    noEnd(call);
  };
  await removeAll(maildir, { interference: both });
  assert.ok(maildir.has("postigo.journal"));
  await session(maildir);
  assert.deepEqual(maildir.paths(), ["cur/1700000002.M2.h:2,"]);
  assert.equal(sumOf(maildir), "11 1");
  assert.ok(!maildir.has("postigo.journal"));
});

test("one message without a quota goes without a journal: nothing could be left half done", async (t) => {
  const maildir = maildirIn(t).remove("maildirsize");
  const files = new FaultyFileSystem(disk);
  const maildrop = await openMaildrop(freshStore({ fs: files }), maildir.root);
  await maildrop.remove([0]);
  assert.deepEqual(
    files.calls.filter(({ method }) => method === "replaceFile"),
    [],
  );
  await maildrop.remove([1, 2]);
  assert.equal(files.calls.filter(({ method }) => method === "replaceFile").length, 1);
});

test("a large update is journalled in parts, each told to the quota, so that no journal grows without a bound", async (t) => {
  const maildir = MaildirBuilder.in(t).put("maildirsize", QUOTA);
  for (let n = 0; n < 10_001; n++) maildir.put(`cur/${1_700_000_000 + n}.M1.h,S=2,W=3:2,`, "x\n");
  const files = new FaultyFileSystem(disk);
  const maildrop = await openMaildrop(freshStore({ fs: files }), maildir.root);
  const { removed, failed } = await maildrop.remove(Array.from({ length: 10_001 }, (_, position) => position));
  assert.deepEqual([removed.length, failed.length, maildir.paths().length], [10_001, 0, 0]);
  assert.equal(maildir.read("maildirsize"), `${QUOTA}-20000 -10000\n-2 -1\n`);
  assert.ok(!maildir.has("postigo.journal"));
});

test("a link in the place of the folder for held mail is not followed: the messages stay, and say why", async (t) => {
  const maildir = maildirIn(t);
  const elsewhere = MaildirBuilder.in(t);
  fs.symlinkSync(join(elsewhere.root, "cur"), join(maildir.root, "postigo.hold"));
  const { removed, failed } = await removeAll(maildir, { deleted: "hold" });
  assert.deepEqual([removed.length, failed.length, elsewhere.paths()], [0, 3, []]);
  assert.deepEqual(maildir.paths(), ALL);
  assert.match(String(failed[0]?.cause), /ENOTDIR/);
});

function maildirIn(t: TestContext): MaildirBuilder {
  const maildir = MaildirBuilder.in(t).put("maildirsize", QUOTA);
  for (const path of ALL) maildir.put(path, "elevenocts\n");
  return maildir;
}

interface Removal extends Pick<OpenOptions, "mayGoOn" | "deleted"> {
  readonly interference?: Interference;
}

async function removeAll(maildir: MaildirBuilder, { interference, mayGoOn, ...options }: Removal) {
  const store = freshStore({ fs: new FaultyFileSystem(disk, interference) });
  const maildrop = await openMaildrop(store, maildir.root, { recover: true, ...options });
  return maildrop.remove([0, 1, 2], mayGoOn);
}

/** An update of which the journal was written, and nothing else done. */
async function cutOff(maildir: MaildirBuilder): Promise<void> {
  const lock = { isHeld: true };
  const files = new FaultyFileSystem(disk);
  const maildrop = await openMaildrop(freshStore({ fs: files }), maildir.root);
  await maildrop.remove([0, 1, 2], () => {
    const was = lock.isHeld;
    lock.isHeld = false;
    return was;
  });
  assert.deepEqual([maildir.has("postigo.journal"), maildir.paths().length], [true, 3]);
}

async function session(maildir: MaildirBuilder): Promise<void> {
  const maildrop = await openMaildrop(freshStore(), maildir.root, { recover: true });
  rowsOf(maildrop);
  await maildrop.close();
}

/** Something happens right before the first call of `method`. */
function onceAt(method: string, act: () => void): Interference {
  let isOver = false;
  return (call) => {
    if (call.method !== method || isOver) return;
    isOver = true;
    act();
  };
}

function assertAllGone(maildir: MaildirBuilder): void {
  assert.deepEqual(maildir.paths(), []);
  assert.equal(sumOf(maildir), "0 0");
  assert.ok(!maildir.has("postigo.journal"));
}

/** The usage that a reader of maildirsize would find. */
function sumOf(maildir: MaildirBuilder): string {
  const lines = maildir.read("maildirsize").trim().split("\n").slice(1);
  const sum = (column: number) => lines.reduce((total, line) => total + Number(line.split(" ")[column]), 0);
  return `${sum(0)} ${sum(1)}`;
}
