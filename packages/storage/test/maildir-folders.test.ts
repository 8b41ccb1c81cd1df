import assert from "node:assert/strict";
import { renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import type { MaildirFolders } from "#storage/maildir/stamps";
import { MaildirBuilder } from "./support/maildir-builder.js";
import { freshStore, type Store } from "./support/store-fixture.js";

const inAnHour = (): number => Date.now() + 3_600_000;

/** Where an opening says that it found the messages. */
async function foldersAt(store: Store, root: string, anchor?: string): Promise<MaildirFolders | undefined> {
  const outcome = await store.open(root, anchor === undefined ? {} : { anchor });
  assert.equal(outcome.type, "opened");
  if (outcome.type !== "opened") return undefined;
  await outcome.maildrop.close();
  return outcome.folders;
}

function onDisk(root: string) {
  const identity = (folder: string) => {
    const { dev, ino } = statSync(`${root}/${folder}`, { bigint: true });
    return { device: dev, inode: ino };
  };
  return { new: identity("new"), cur: identity("cur") };
}

function identitiesIn(folders: MaildirFolders | undefined) {
  const identity = (folder: "new" | "cur") => ({ device: folders?.[folder].device, inode: folders?.[folder].inode });
  return { new: identity("new"), cur: identity("cur") };
}

for (const [how, store] of [
  ["a listing that is trusted", freshStore({ now: inAnHour })],
  ["a listing that proves nothing", freshStore({ now: () => 0 })],
] as const) {
  test(`an opening tells which folders hold the messages, the first one and those after ${how}`, async (t) => {
    const { root } = MaildirBuilder.in(t).put("new/1700000001.a");
    for (let opening = 1; opening <= 3; opening++) {
      assert.deepEqual(identitiesIn(await foldersAt(store, root)), onDisk(root), `opening ${opening}`);
    }
  });
}

test("an opening from the index tells which folders hold the messages", async (t) => {
  const maildir = MaildirBuilder.in(t);
  for (let n = 0; n < 300; n++) maildir.put(`new/${1_700_000_000 + n}.a`);
  const writer = freshStore({ now: inAnHour });
  await foldersAt(writer, maildir.root);
  await writer.flush();
  assert.deepEqual(identitiesIn(await foldersAt(freshStore({ now: inAnHour }), maildir.root)), onDisk(maildir.root));
});

test("another Maildir that has come into the place is told by its folders, though its files are the same", async (t) => {
  const maildir = MaildirBuilder.in(t).put("new/1700000001.a");
  const other = MaildirBuilder.in(t).put("new/1700000001.a");
  const store = freshStore({ now: inAnHour });
  const before = identitiesIn(await foldersAt(store, maildir.root));
  renameSync(maildir.root, `${maildir.root}.away`);
  renameSync(other.root, maildir.root);
  const after = identitiesIn(await foldersAt(store, maildir.root));
  assert.deepEqual(after, onDisk(maildir.root));
  assert.notDeepEqual(after, before);
});

test("a maildrop that does not exist has no folders, also when it had some", async (t) => {
  const maildir = MaildirBuilder.in(t).put("new/1700000001.a");
  const anchor = maildir.root.slice(0, maildir.root.lastIndexOf("/"));
  const store = freshStore({ now: inAnHour });
  await foldersAt(store, maildir.root);
  writeFileSync(`${anchor}/.keep`, "");
  rmSync(maildir.root, { recursive: true });
  assert.equal(await foldersAt(store, maildir.root, anchor), undefined);
});
