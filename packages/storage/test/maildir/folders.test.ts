// Maildir++ folders: Maildirs of their own within a Maildir, with whose quota, trash and held mail theirs is one.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { OpenOptions } from "#storage/maildir-store";
import { MaildirBuilder } from "../support/maildir-builder.js";
import { freshStore, openingTrouble, openMaildrop, visit } from "../support/store-fixture.js";

const MAIL = "Subject: hello\n\nbody\n";
const NAME = "1700000001.M1P1.host";

function folderIn(t: TestContext, name = ".Work") {
  const home = MaildirBuilder.in(t);
  const folder = new MaildirBuilder(join(home.root, name)).put(`new/${NAME}`, MAIL);
  return { home, folder };
}

/** Removes the first message of a folder, as a session does. */
async function removeFirst(folder: string, options: OpenOptions) {
  const maildrop = await openMaildrop(freshStore(), folder, options);
  const report = await maildrop.remove([0]);
  await maildrop.close();
  return report;
}

test("a folder is listed, and nothing of it is in its Maildir", async (t) => {
  const { home, folder } = folderIn(t);
  home.put("new/1700000002.inbox");
  const outcome = await openMaildrop(freshStore(), folder.root, { folderOf: home.root });
  assert.deepEqual([outcome.messages.count, outcome.messages.uniqueIdAt(0)], [1, NAME]);
  assert.deepEqual(
    (await visit(freshStore(), home.root)).map(({ uniqueId }) => uniqueId),
    ["1700000002.inbox"],
  );
});

for (const [what, place, make] of [
  ["does not exist", ".Absent", () => undefined],
  ["is a file", ".File", (path: string) => writeFileSync(path, "")],
  ["is a link to a Maildir", ".Link", (path: string) => symlinkSync("../Maildir", path)],
] as const) {
  test(`a folder that ${what} is no such folder, is not made, and is not empty`, async (t) => {
    const { home } = folderIn(t);
    const path = join(home.root, place);
    make(path);
    for (const options of [{}, { create: true, anchor: join(home.root, "..") }]) {
      assert.equal(await openingTrouble(freshStore(), path, { ...options, folderOf: home.root }), "NO_SUCH_FOLDER");
    }
    assert.equal(home.has(`${place}/new`) && place === ".Absent", false);
  });
}

test("a folder without new/ or cur/ is no Maildir", async (t) => {
  const { home } = folderIn(t);
  mkdirSync(join(home.root, ".Bare", "cur"), { recursive: true });
  assert.equal(await openingTrouble(freshStore(), join(home.root, ".Bare"), { folderOf: home.root }), "NOT_A_MAILDIR");
});

test("where the Maildir is missing nothing is said of its folders: the spool may not be mounted", async (t) => {
  const { home, folder } = folderIn(t);
  rmSync(home.root, { recursive: true });
  assert.equal(await openingTrouble(freshStore(), folder.root, { folderOf: home.root }), "SPOOL_MISSING");
});

test("a folder that is exchanged for a link while it is known is not followed", async (t) => {
  const { home, folder } = folderIn(t);
  const other = MaildirBuilder.in(t).put("new/1700000009.other");
  const store = freshStore({ now: () => Date.now() + 3_600_000 });
  assert.equal((await visit(store, folder.root)).length, 1);
  rmSync(folder.root, { recursive: true });
  symlinkSync(other.root, folder.root);
  assert.equal(await openingTrouble(store, folder.root, { folderOf: home.root }), "NO_SUCH_FOLDER");
});

const QUOTA = "1000000S\n1000 10\n";

for (const [folder, options, left] of [
  [".Work", {}, "-21 -1"],
  [".Work", { deleted: "hold" }, "-21 -1"],
  [".Work", { deleted: "trash" }, "-21 -1"],
  [".Work", { deleted: "trash", trashCounts: true }, undefined],
  [".Trash", {}, undefined],
  [".Trash", { deleted: "trash" }, undefined],
  [".Trash", { trashCounts: true }, "-21 -1"],
  [".Trash", { deleted: "trash", trashCounts: true }, "-21 -1"],
] as const satisfies readonly (readonly [string, OpenOptions, string | undefined])[]) {
  test(`Maildir++: removing from ${folder} with ${JSON.stringify(options)} takes ${left ?? "nothing"} off the quota of the Maildir`, async (t) => {
    const { home, folder: made } = folderIn(t, folder);
    writeFileSync(join(home.root, "maildirsize"), QUOTA);
    writeFileSync(join(made.root, "maildirsize"), "0S\n");
    const { removed, failed } = await removeFirst(made.root, { ...options, folderOf: home.root });
    assert.deepEqual([removed.length, failed], [1, []]);
    assert.equal(home.read("maildirsize"), left === undefined ? QUOTA : `${QUOTA}${left}\n`);
    assert.equal(readFileSync(join(made.root, "maildirsize"), "latin1"), "0S\n");
    assert.equal(made.has(`new/${NAME}`), false);
  });
}

test("what goes to the trash from a folder goes to that of the Maildir, and from there for good", async (t) => {
  const { home, folder } = folderIn(t);
  const options = { folderOf: home.root, deleted: "trash" } as const;
  const [trashed] = (await removeFirst(folder.root, options)).removed;
  assert.equal(trashed?.how, "trashed");
  assert.ok(home.has(`.Trash/cur/${NAME}:2,`));
  assert.equal(folder.has(".Trash"), false);
  const [gone] = (await removeFirst(join(home.root, ".Trash"), options)).removed;
  assert.equal(gone?.how, "unlinked");
  assert.equal(home.has(`.Trash/cur/${NAME}:2,`), false);
});

test("what is held from a folder is held with the mail of the Maildir", async (t) => {
  const { home, folder } = folderIn(t);
  await removeFirst(folder.root, { folderOf: home.root, deleted: "hold" });
  assert.equal(folder.has("postigo.hold"), false);
  assert.ok(home.has("postigo.hold"));
});

test("an update of a folder that was cut off is finished there, and told to the quota of the Maildir", async (t) => {
  const { home, folder } = folderIn(t);
  writeFileSync(join(home.root, "maildirsize"), QUOTA);
  folder.put("new/1700000002.M2P1.host", MAIL);
  const doomed = await openMaildrop(freshStore(), folder.root, { folderOf: home.root });
  // The lock is lost in the midst: the journal stays for the next session.
  let asked = 0;
  await doomed.remove([0, 1], () => ++asked < 2);
  assert.ok(folder.has("postigo.journal"), `asked ${asked} times`);
  await doomed.close();
  const next = await openMaildrop(freshStore(), folder.root, { folderOf: home.root, recover: true });
  assert.equal(next.messages.count, 0);
  assert.equal(home.read("maildirsize"), `${QUOTA}-42 -2\n`);
  assert.equal(folder.has("postigo.journal"), false);
});
