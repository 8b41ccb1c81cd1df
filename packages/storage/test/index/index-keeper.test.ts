// When the index is written, and what happens when it cannot be.

import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { StorageError } from "#storage/storage-error";
import { FaultyFileSystem, failEach, type Interference } from "../support/faulty-file-system.js";
import { MaildirBuilder } from "../support/maildir-builder.js";
import { disk, freshStore, openMaildrop, type Store, visit } from "../support/store-fixture.js";

const WRITES = ["append", "replaceFile"];

interface Bench {
  readonly maildir: MaildirBuilder;
  readonly store: Store;
  readonly troubles: StorageError[];
  clock: number;
  /** The writes since the last question. */
  writes(): string[];
}

function bench(t: TestContext, interfere?: Interference): Bench {
  const files = new FaultyFileSystem(disk, interfere);
  const troubles: StorageError[] = [];
  let asked = 0;
  const made: Bench = {
    maildir: MaildirBuilder.in(t),
    store: freshStore({ fs: files, now: () => made.clock, onTrouble: (trouble) => troubles.push(trouble) }),
    troubles,
    clock: Date.now() + 60_000,
    writes: () => {
      const calls = files.calls.slice(asked).filter(({ path }) => !path.endsWith("postigo.journal"));
      asked = files.calls.length;
      return calls.map(({ method }) => method).filter((method) => WRITES.includes(method));
    },
  };
  return made;
}

test("a snapshot first, a record for what comes, nothing where nothing was learnt", async (t) => {
  const { maildir, store, writes } = bench(t);
  await visit(store, maildir.root);
  assert.deepEqual(writes(), []);
  maildir.put("new/1700000001.a", "a\n");
  await visit(store, maildir.root);
  assert.deepEqual(writes(), ["replaceFile"]);
  await visit(store, maildir.root);
  assert.deepEqual(writes(), []);
  maildir.put("new/1700000002.b", "b\n");
  await visit(store, maildir.root);
  assert.deepEqual(writes(), ["append"]);
  maildir.rename("new/1700000002.b", "cur/1700000002.b:2,S").remove("new/1700000001.a");
  await visit(store, maildir.root);
  assert.deepEqual(writes(), []);
});

test("what was fetched and removed in the same session is not worth a write", async (t) => {
  const { maildir, store, writes } = bench(t);
  maildir.put("new/1700000001.a", "a\n").put("new/1700000002.b", "b\n");
  const maildrop = await openMaildrop(store, maildir.root);
  await maildrop.remove([0, 1]);
  await maildrop.close();
  assert.deepEqual(writes(), []);
  assert.ok(!fs.existsSync(join(maildir.root, "postigo.index")));
});

test("a small maildrop whose names tell everything needs no index; a big one is spared the stats", async (t) => {
  const { maildir, store, writes } = bench(t);
  for (let index = 0; index < 199; index++) maildir.put(`new/${1_700_000_000 + index}.x,S=2,W=3`, "a\n");
  await visit(store, maildir.root);
  assert.deepEqual(writes(), []);
  maildir.put("new/1700000999.x,S=2,W=3", "a\n");
  await visit(store, maildir.root);
  assert.deepEqual(writes(), ["replaceFile"]);
});

test("records are gathered into a new snapshot before they outgrow the old one", async (t) => {
  const { maildir, store, writes } = bench(t);
  maildir.put("new/1700000000.x", "a\n");
  await visit(store, maildir.root);
  writes();
  const path = join(maildir.root, "postigo.index");
  for (let index = 1; index < 400; index++) {
    maildir.put(`new/${1_700_000_000 + index}.x`, "a\n");
    await visit(store, maildir.root);
    assert.ok(fs.statSync(path).size < 60_000);
  }
  const kinds = writes();
  assert.equal(kinds.length, 399);
  const snapshots = kinds.filter((kind) => kind === "replaceFile").length;
  assert.ok(snapshots >= 1 && snapshots <= 4, `${snapshots} snapshots`);
});

test("what was saved by an earlier process and not yet by this one goes into the same file", async (t) => {
  const { maildir, store, writes } = bench(t);
  maildir.put("new/1700000001.a", "a\n");
  await visit(freshStore(), maildir.root);
  maildir.put("new/1700000002.b", "b\n");
  await visit(store, maildir.root);
  assert.deepEqual(writes(), ["append"]);
});

for (const errno of ["EROFS", "ENOSPC", "EACCES", "EDQUOT"]) {
  test(`where nothing can be written (${errno}) all works, it is said once, and not tried at each login`, async (t) => {
    const made = bench(t, (call) => {
      for (const method of WRITES) failEach(method, errno)(call);
    });
    const { maildir, store, troubles, writes } = made;
    for (let index = 0; index < 5; index++) {
      maildir.put(`new/${1_700_000_000 + index}.x`, "a\n");
      assert.equal((await visit(store, maildir.root)).length, index + 1);
    }
    assert.deepEqual(writes(), ["replaceFile"]);
    assert.deepEqual(
      troubles.map(({ code }) => code),
      ["INDEX_NOT_SAVED"],
    );
    assert.equal(troubles[0]?.path, join(maildir.root, "postigo.index"));
    made.clock += 600_000;
    await visit(store, maildir.root);
    assert.deepEqual(writes(), ["replaceFile"]);
    assert.equal(troubles.length, 2);
  });
}

test("what could not be saved is saved once it can be", async (t) => {
  let isFull = true;
  const made = bench(t, (call) => {
    if (isFull) failEach("replaceFile", "ENOSPC")(call);
  });
  made.maildir.put("new/1700000001.a", "a\n");
  await visit(made.store, made.maildir.root);
  isFull = false;
  made.clock += 600_000;
  await visit(made.store, made.maildir.root);
  const files = new FaultyFileSystem(disk);
  await visit(freshStore({ fs: files }), made.maildir.root);
  assert.equal(files.calls.filter(({ method }) => method === "openRead").length, 0);
});

test("an index that somebody has removed is written anew, not as a record without a snapshot", async (t) => {
  const { maildir, store, writes, troubles } = bench(t);
  maildir.put("new/1700000001.a", "a\n");
  await visit(store, maildir.root);
  maildir.put("new/1700000002.b", "b\n").remove("postigo.index");
  writes();
  await visit(store, maildir.root);
  assert.deepEqual(writes(), ["append", "replaceFile"]);
  assert.deepEqual(troubles, []);
  assert.equal(maildir.read("postigo.index").slice(0, 7), "postigo");
});

test("a torn record is never followed by another", async (t) => {
  let isTorn = false;
  const made = bench(t, (call) => {
    if (!isTorn || call.method !== "append") return;
    fs.appendFileSync(call.path, "torn");
    failEach("append", "EIO")(call);
  });
  const { maildir, store, writes } = made;
  maildir.put("new/1700000001.a", "a\n");
  await visit(store, maildir.root);
  isTorn = true;
  maildir.put("new/1700000002.b", "b\n");
  await visit(store, maildir.root);
  made.clock += 600_000;
  writes();
  await visit(store, maildir.root);
  assert.deepEqual(writes(), ["replaceFile"]);
});

test("closings of one maildrop at the same time write one after the other", async (t) => {
  const { maildir, store, writes } = bench(t);
  maildir.put("new/1700000001.a", "a\n");
  const [first, second] = [await openMaildrop(store, maildir.root), await openMaildrop(store, maildir.root)];
  await Promise.all([first.close(), second.close(), store.flush()]);
  assert.ok(writes().every((kind) => WRITES.includes(kind)));
  const files = new FaultyFileSystem(disk);
  await visit(freshStore({ fs: files }), maildir.root);
  assert.equal(files.calls.filter(({ method }) => method === "openRead").length, 0);
});
