// Mail that was removed from a Maildir++ folder is held apart from that of its Maildir, and goes back to its folder.

import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type AsideMessage, listAside } from "#storage/aside/aside-mail";
import { heldBefore, purgeHeld } from "#storage/aside/purge-held";
import { type RestoreReport, restoreMail } from "#storage/aside/restore-mail";
import type { DisposalName } from "#storage/message/disposal";
import { listOwnFiles, removeOwnFile } from "#storage/own-files";
import { octetPath } from "#storage/ports/octet-path";
import { MaildirBuilder } from "../support/maildir-builder.js";
import { disk, freshStore, openMaildrop } from "../support/store-fixture.js";

const SECONDS = 1_800_000_000;
const QUOTA = "10000S\n15 3\n";

test("mail of a folder is held under the name of the folder, and mail of the Maildir beside it", async (t) => {
  const { home, work } = household(t);
  await removeAll(home, work.root);
  await removeAll(home, home.root);
  assert.deepEqual(tree(home, "postigo.hold"), [
    ".Work",
    `.Work/${SECONDS}.2.M2.host:2,F`,
    `.Work/${SECONDS}.3.M3.host`,
    `${SECONDS}.1.M1.host`,
  ]);
  assert.deepEqual(pathsOf(await listAside(siteOf(home, work.root))), [
    `postigo.hold/.Work/${SECONDS}.2.M2.host:2,F`,
    `postigo.hold/.Work/${SECONDS}.3.M3.host`,
  ]);
  assert.deepEqual(pathsOf(await listAside(siteOf(home, home.root))), [`postigo.hold/${SECONDS}.1.M1.host`]);
});

test("it goes back to its folder, and the quota of the Maildir is told", async (t) => {
  const { home, work } = household(t);
  await removeAll(home, work.root);
  assert.equal(home.read("maildirsize"), `${QUOTA}-10 -2\n`);
  const { restored, failed } = await restoreAll(home, work.root);
  assert.deepEqual([restored.length, failed], [2, []]);
  assert.deepEqual(work.paths(), ["cur/2.M2.host:2,F", "cur/3.M3.host:2,"]);
  assert.equal(home.read("maildirsize"), `${QUOTA}-10 -2\n10 2\n`);
});

test("it is held on when the folder is removed by another program, and goes back once there is one again", async (t) => {
  const { home, work } = household(t);
  await removeAll(home, work.root);
  fs.rmSync(work.root, { recursive: true });
  const again = new MaildirBuilder(work.root);
  assert.equal((await restoreAll(home, work.root)).restored.length, 2);
  assert.equal(again.paths().length, 2);
});

test("it ends as other held mail does, the oldest of all folders first, and no more at a time than is asked for", async (t) => {
  const { home, work } = household(t);
  await removeAll(home, work.root);
  await removeAll(home, home.root, { now: () => (SECONDS - 10) * 1000 });
  const site = { fs: disk, root: octetPath(home.root) };
  const before = (SECONDS + 1) * 1000;
  assert.equal((await heldBefore(site, before)).length, 3);
  assert.equal((await heldBefore(site, SECONDS * 1000)).length, 1);
  const { purged } = await purgeHeld(site, { before, most: 2, mayGoOn: () => true });
  assert.deepEqual([purged.length, purged[0]?.uniqueName], [2, "1.M1.host"]);
  await purgeHeld(site, { before, most: 2, mayGoOn: () => true });
  assert.deepEqual(tree(home, "postigo.hold"), [".Work"]);
});

test("a link in the place of the folder for its held mail is followed neither to put mail there nor to list it", async (t) => {
  const { home, work } = household(t);
  const elsewhere = MaildirBuilder.in(t).put(`cur/${SECONDS}.9.M9.host`);
  fs.mkdirSync(join(home.root, "postigo.hold"));
  fs.symlinkSync(join(elsewhere.root, "cur"), join(home.root, "postigo.hold/.Work"));
  const { removed, failed } = await removeAll(home, work.root);
  assert.deepEqual([removed.length, failed.length], [0, 2]);
  assert.match(String(failed[0]?.cause), /ENOTDIR/);
  assert.deepEqual(await listAside(siteOf(home, work.root)), []);
  assert.deepEqual(await heldBefore({ fs: disk, root: octetPath(home.root) }, Number.POSITIVE_INFINITY), []);
  assert.deepEqual([work.paths().length, elsewhere.paths().length], [2, 1]);
});

test("what is brought back into the trash folder is told to a quota that counts the trash, and to no other", async (t) => {
  for (const trashIsCounted of [true, false]) {
    const { home } = household(t);
    const trash = new MaildirBuilder(join(home.root, ".Trash")).put("cur/4.M4.host:2,", "12345");
    await removeAll(home, trash.root, { trashIsCounted });
    await restoreAll(home, trash.root, trashIsCounted);
    assert.deepEqual(trash.paths(), ["cur/4.M4.host:2,"]);
    assert.equal(home.read("maildirsize"), QUOTA + (trashIsCounted ? "-5 -1\n5 1\n" : ""));
  }
});

test("the folder for held mail goes with the empty ones in it, and stays whole while one holds mail", async (t) => {
  const { home, work } = household(t);
  await removeAll(home, work.root);
  fs.mkdirSync(join(home.root, "postigo.hold/.Empty"));
  const site = { fs: disk, root: octetPath(home.root) };
  const [hold] = (await listOwnFiles(site)).filter(({ kind }) => kind === "held");
  assert.ok(hold !== undefined);
  await assert.rejects(removeOwnFile(site, hold), { code: "ENOTEMPTY" });
  assert.equal(tree(home, "postigo.hold").length, 3);
  await restoreAll(home, work.root);
  assert.ok(await removeOwnFile(site, hold));
  assert.ok(!home.has("postigo.hold"));
});

function household(t: TestContext): { readonly home: MaildirBuilder; readonly work: MaildirBuilder } {
  const home = MaildirBuilder.in(t).put("new/1.M1.host", "12345").put("maildirsize", QUOTA);
  const work = new MaildirBuilder(join(home.root, ".Work"));
  work.put("cur/2.M2.host:2,F", "12345").put("new/3.M3.host", "12345");
  return { home, work };
}

const siteOf = (home: MaildirBuilder, root: string) => ({
  fs: disk,
  root: octetPath(root),
  home: octetPath(home.root),
});

interface Removing {
  readonly deleted?: DisposalName;
  readonly now?: () => number;
  readonly trashIsCounted?: boolean;
}

async function removeAll(
  home: MaildirBuilder,
  root: string,
  { deleted = "hold", now = () => SECONDS * 1000, trashIsCounted = false }: Removing = {},
) {
  const isFolder = root !== home.root;
  const options = { deleted, trashCounts: trashIsCounted, ...(isFolder ? { folderOf: home.root } : {}) };
  const maildrop = await openMaildrop(freshStore({ now }), root, options);
  const report = await maildrop.remove(Array.from({ length: maildrop.messages.count }, (_, position) => position));
  await maildrop.close();
  return report;
}

async function restoreAll(home: MaildirBuilder, root: string, trashIsCounted = false): Promise<RestoreReport> {
  const site = siteOf(home, root);
  return restoreMail(site, await listAside(site), { trashIsCounted, mayGoOn: () => true });
}

const pathsOf = (messages: readonly AsideMessage[]): string[] => messages.map(({ path }) => path);

const tree = (home: MaildirBuilder, folder: string): string[] =>
  fs.readdirSync(join(home.root, folder), { recursive: true, encoding: "latin1" }).sort();
