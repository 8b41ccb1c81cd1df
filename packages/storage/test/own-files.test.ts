import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { listOwnFiles, type OwnFile, removeOwnFile } from "#storage/own-files";
import { createFileSystem } from "#storage/ports/node-file-system";
import { FaultyFileSystem, failEach } from "./support/faulty-file-system.js";
import { MaildirBuilder } from "./support/maildir-builder.js";
import { IO_MODES } from "./support/maildrop-fixture.js";

const OURS: readonly { name: string; kind: OwnFile["kind"] }[] = [
  { name: "postigo.index", kind: "cache" },
  { name: "postigo.index.4711.tmp", kind: "temporary" },
  { name: "postigo.journal", kind: "journal" },
  { name: "postigo.uids", kind: "unique-ids" },
  { name: "postigo.uids.1.tmp", kind: "temporary" },
];

const OF_OTHERS = [
  ...["postigo", "postigo.", "postigo.index~", "postigo.index.bak", "Postigo.index", ".postigo.index"],
  ...["postigo.index.tmp", "postigo.index.0.tmp", "postigo.index.12345678901.tmp", "postigo.index.1.tmp.old"],
  ...["postigo.lock", "postigo.other", "postigo.other.1.tmp", "maildirsize", "dovecot-uidlist", "x postigo.index"],
  "postigo.index.\xff.tmp",
];

for (const io of IO_MODES) {
  const fs = createFileSystem({ io });

  test(`${io}: exact names are ours, each of its kind; no other name is`, async (t) => {
    const { root } = MaildirBuilder.in(t);
    for (const name of [...OURS.map(({ name }) => name), ...OF_OTHERS]) writeFileSync(latin1(root, name), "12345");
    mkdirSync(join(root, "postigo.hold"));
    const files = await listOwnFiles({ fs, root });
    const told = files.map(({ name, kind, isGenuine }) => ({ name, kind, isGenuine }));
    const expected = [...OURS, { name: "postigo.hold", kind: "held" }].map((file) => ({ ...file, isGenuine: true }));
    assert.deepEqual(
      told,
      expected.toSorted((one, other) => (one.name < other.name ? -1 : 1)),
    );
    assert.equal(files[1]?.octets, 5);
  });

  test(`${io}: a link, a folder or a FIFO under a name of ours is told and never removed`, async (t) => {
    const { root } = MaildirBuilder.in(t);
    writeFileSync(join(root, "precious"), "mail");
    symlinkSync("precious", join(root, "postigo.index"));
    mkdirSync(join(root, "postigo.uids"));
    execFileSync("mkfifo", [join(root, "postigo.journal")]);
    writeFileSync(join(root, "postigo.hold"), "no folder");
    const files = await listOwnFiles({ fs, root });
    assert.deepEqual(
      files.map(({ isGenuine }) => isGenuine),
      [false, false, false, false],
    );
    for (const file of files) assert.equal(await removeOwnFile({ fs, root }, file), false);
    assert.equal(readdirSync(root).filter((name) => name.startsWith("postigo")).length, 4);
    assert.equal(readFileSync(join(root, "precious"), "latin1"), "mail");
  });

  test(`${io}: the folder of mail that was put aside goes when it is empty, and stays when it is not`, async (t) => {
    const { root } = MaildirBuilder.in(t);
    mkdirSync(join(root, "postigo.hold"));
    writeFileSync(join(root, "postigo.hold/1.M1.host"), "mail");
    const [hold] = await listOwnFiles({ fs, root });
    assert.ok(hold);
    await assert.rejects(removeOwnFile({ fs, root }, hold), { code: "ENOTEMPTY" });
    assert.equal(readFileSync(join(root, "postigo.hold/1.M1.host"), "latin1"), "mail");
    rmSync(join(root, "postigo.hold/1.M1.host"));
    assert.equal(await removeOwnFile({ fs, root }, hold), true);
    assert.deepEqual(await listOwnFiles({ fs, root }), []);
  });

  test(`${io}: a removed file is gone, and one that is gone is no fault`, async (t) => {
    const { root } = MaildirBuilder.in(t);
    writeFileSync(join(root, "postigo.index"), "x");
    const [file] = await listOwnFiles({ fs, root });
    assert.ok(file);
    assert.equal(await removeOwnFile({ fs, root }, file), true);
    assert.equal(await removeOwnFile({ fs, root }, file), false);
    assert.deepEqual(await listOwnFiles({ fs, root }), []);
  });

  test(`${io}: one that goes between the look and the unlink is no fault, one that may not go is`, async (t) => {
    const { root } = MaildirBuilder.in(t);
    writeFileSync(join(root, "postigo.index"), "x");
    const [file] = await listOwnFiles({ fs, root });
    assert.ok(file);
    const vanishing = new FaultyFileSystem(fs, failEach("unlink", "ENOENT"));
    assert.equal(await removeOwnFile({ fs: vanishing, root }, file), false);
    const readOnly = new FaultyFileSystem(fs, failEach("unlink", "EROFS"));
    await assert.rejects(removeOwnFile({ fs: readOnly, root }, file), { code: "EROFS" });
  });

  test(`${io}: a maildrop that cannot be listed is a fault, and leaves no folder open`, async (t) => {
    const { root } = MaildirBuilder.in(t);
    await assert.rejects(listOwnFiles({ fs: new FaultyFileSystem(fs, failEach("next", "EIO")), root }), {
      code: "EIO",
    });
    await assert.rejects(listOwnFiles({ fs, root: join(root, "absent") }), { code: "ENOENT" });
  });
}

const latin1 = (root: string, name: string): Buffer => Buffer.from(join(root, name), "latin1");
