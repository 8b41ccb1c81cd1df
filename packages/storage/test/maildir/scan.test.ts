import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isDropped, pathAt } from "#storage/maildir/message-names";
import { Scan, scanMaildir } from "#storage/maildir/scan";
import type { DirectoryEntry, FileSystem } from "#storage/ports/file-system";
import { createFileSystem } from "#storage/ports/node-file-system";
import { MaildirBuilder } from "../support/maildir-builder.js";

const disk = createFileSystem({ io: "sync" });

test("new/ and cur/ are listed, one row a file", async (t) => {
  const maildir = MaildirBuilder.in(t).put("new/1.a").put("cur/2.b:2,S").put("cur/3.c,S=1:2,");
  assert.deepEqual(pathsOf(await scanMaildir(disk, maildir.root)), ["cur/2.b:2,S", "cur/3.c,S=1:2,", "new/1.a"]);
});

test("names are octets: 8-bit, invalid UTF-8, line feed, leading dash, 200 characters", async (t) => {
  const names = ["caf\xc3\xa9", "caf\xe9", "a\nb", "-rf", "1.a:2,\xff", "x".repeat(200), " ", "%s", "\x01"];
  const maildir = MaildirBuilder.in(t);
  for (const name of names) maildir.put(`new/${name}`);
  const scan = await scanMaildir(disk, maildir.root);
  assert.deepEqual(pathsOf(scan), names.map((name) => `new/${name}`).sort());
  assert.equal(scan.pathOf("caf\xe9"), "new/caf\xe9");
});

test("dot-files, directories, symlinks, FIFOs and tmp/ are no messages", async (t) => {
  const maildir = MaildirBuilder.in(t).put("new/1.a").put("cur/.hidden").put("new/.nfs0001").put("tmp/4.d");
  fs.mkdirSync(join(maildir.root, "cur/dir"));
  fs.symlinkSync(join(maildir.root, "new/1.a"), join(maildir.root, "cur/link:2,S"));
  fs.symlinkSync("/nowhere", join(maildir.root, "cur/dangling:2,S"));
  execFileSync("mkfifo", [join(maildir.root, "new/fifo")]);
  assert.deepEqual(pathsOf(await scanMaildir(disk, maildir.root)), ["new/1.a"]);
});

test("where the listing tells no kind, lstat does; an entry it fails for stays a message", async (t) => {
  const maildir = MaildirBuilder.in(t).put("new/1.a").put("new/2.b");
  fs.mkdirSync(join(maildir.root, "cur/dir"));
  fs.symlinkSync("/nowhere", join(maildir.root, "cur/dangling"));
  const secretive = wrap({
    entries: (entries) => entries.map(({ name }) => ({ name, kind: "unknown" })),
    lstat: (path) => {
      if (path.endsWith("2.b")) throw new Error("EIO");
    },
  });
  assert.deepEqual(pathsOf(await scanMaildir(secretive, maildir.root)), ["new/1.a", "new/2.b"]);
});

test("a message in both folders is one message, the one in cur/", async (t) => {
  const maildir = MaildirBuilder.in(t).put("new/1.a").put("cur/1.a:2,S");
  const scan = await scanMaildir(disk, maildir.root);
  assert.deepEqual(pathsOf(scan), ["cur/1.a:2,S"]);
  assert.equal(scan.count, 1);
  assert.deepEqual([...scan.copies], [["1.a", ["new/1.a", "cur/1.a:2,S"]]]);
});

test("of several files of one unique name in a folder the same one is taken, whatever the order of reading", async (t) => {
  const maildir = MaildirBuilder.in(t).put("cur/1.a:2,").put("cur/1.a:2,S").put("cur/1.a,S=3:2,F");
  for (const order of [1, -1]) {
    const sorted = wrap({
      entries: (entries) => [...entries].sort((a, b) => (a.name < b.name ? -order : order)),
    });
    assert.deepEqual(pathsOf(await scanMaildir(sorted, maildir.root)), ["cur/1.a:2,S"]);
  }
});

test("a message that goes from new/ to cur/ between the two listings is met", async (t) => {
  const maildir = MaildirBuilder.in(t).put("new/1.a").put("new/2.b");
  const moving = wrap({
    beforeList: (path) => {
      if (path.endsWith("/cur")) maildir.rename("new/1.a", "cur/1.a:2,S");
    },
  });
  assert.deepEqual(pathsOf(await scanMaildir(moving, maildir.root)), ["cur/1.a:2,S", "new/2.b"]);
});

test("a second pass adds what the first missed, corrects names, and keeps what is met no more", async (t) => {
  const maildir = MaildirBuilder.in(t).put("cur/1.a:2,S").put("cur/2.b:2,").put("new/3.c");
  const scan = await scanMaildir(disk, maildir.root);
  maildir.rename("cur/1.a:2,S", "cur/1.a:2,").remove("cur/2.b:2,").rename("new/3.c", "cur/3.c:2,F").put("new/4.d");
  await scan.pass(disk, maildir.root);
  assert.deepEqual(pathsOf(scan), ["cur/1.a:2,", "cur/2.b:2,", "cur/3.c:2,F", "new/4.d"]);
  assert.equal(scan.count, 4);
  assert.equal(scan.copies.size, 0);
});

test("what the last pass has not met can be dropped, and met again", async (t) => {
  const maildir = MaildirBuilder.in(t).put("cur/1.a:2,S").put("new/2.b");
  const scan = await scanMaildir(disk, maildir.root);
  maildir.remove("new/2.b");
  await scan.pass(disk, maildir.root);
  scan.dropUnmet();
  assert.deepEqual([scan.count, scan.pathOf("2.b"), scan.pathOf("1.a")], [1, undefined, "cur/1.a:2,S"]);
  maildir.put("cur/2.b:2,");
  await scan.pass(disk, maildir.root);
  scan.dropUnmet();
  assert.deepEqual([scan.count, scan.pathOf("2.b")], [2, "cur/2.b:2,"]);
  assert.deepEqual(pathsOf(scan), ["cur/1.a:2,S", "cur/2.b:2,"]);
});

test("expected names keep their rows when they are met again; what is not met is no message", async (t) => {
  const maildir = MaildirBuilder.in(t).put("new/1.a").put("cur/2.b:2,").put("cur/3.c:2,").put("new/4.d");
  const { names } = await scanMaildir(disk, maildir.root);
  const before = Array.from({ length: names.count }, (_, row) => pathAt(names, row));
  maildir.rename("cur/2.b:2,", "cur/2.b:2,S").rename("new/4.d", "cur/4.d").remove("cur/3.c:2,").put("new/5.e");
  const scan = await Scan.expecting(names, () => undefined);
  assert.deepEqual([scan.count, pathsOf(scan)], [0, []]);
  await scan.pass(disk, maildir.root);
  assert.deepEqual(pathsOf(scan), ["cur/2.b:2,S", "cur/4.d", "new/1.a", "new/5.e"]);
  assert.equal(scan.count, 4);
  const present = before.map((_, row) => scan.presentRowOf(row)).map((row) => (row < 0 ? "" : pathAt(scan.names, row)));
  const now = ["new/1.a", "cur/2.b:2,S", "", "cur/4.d"];
  assert.deepEqual(
    new Map(before.map((path, row) => [path[4], present[row]])),
    new Map(now.map((path, index) => [`${index + 1}`, path])),
  );
  assert.equal(scan.presentRowOf(before.indexOf("new/1.a")), before.indexOf("new/1.a"));
});

test("a file that is listed twice under one name is no copy", async (t) => {
  const maildir = MaildirBuilder.in(t).put("new/1.a").put("cur/2.b:2,");
  const stuttering = wrap({ entries: (entries) => [...entries, ...entries] });
  const scan = await scanMaildir(stuttering, maildir.root);
  assert.deepEqual([pathsOf(scan), scan.count, scan.copies.size], [["cur/2.b:2,", "new/1.a"], 2, 0]);
});

test("a name is found by its octets only", async (t) => {
  const maildir = MaildirBuilder.in(t).put("new/1.ab").put("new/1.a,S=1");
  const scan = await scanMaildir(disk, maildir.root);
  assert.equal(scan.pathOf("1.a"), "new/1.a,S=1");
  for (const other of ["1", "1.abc", "", "1.A"]) assert.equal(scan.pathOf(other), undefined);
});

test("five thousand names are all found again", async (t) => {
  const maildir = MaildirBuilder.in(t);
  const names = Array.from({ length: 5_000 }, (_, index) => `${1_700_000_000 + index}.M${index}.host`);
  for (const name of names) maildir.put(`new/${name}`, "");
  const scan = await scanMaildir(disk, maildir.root);
  assert.equal(scan.count, names.length);
  assert.ok(names.every((name) => scan.pathOf(name) === `new/${name}`));
});

test("a folder that cannot be listed is the caller's trouble", async (t) => {
  const maildir = MaildirBuilder.in(t);
  fs.rmdirSync(join(maildir.root, "cur"));
  await assert.rejects(scanMaildir(disk, maildir.root), { code: "ENOENT" });
});

function pathsOf({ names }: Scan): string[] {
  return Array.from({ length: names.count }, (_, row) => row)
    .filter((row) => !isDropped(names, row))
    .map((row) => pathAt(names, row))
    .sort();
}

interface Hooks {
  entries?(entries: readonly DirectoryEntry[]): readonly DirectoryEntry[];
  lstat?(path: string): void;
  beforeList?(path: string): void;
}

/** The disk, with something in between. */
function wrap(hooks: Hooks): FileSystem {
  return Object.assign(Object.create(disk) as FileSystem, {
    lstat(path: string) {
      hooks.lstat?.(path);
      return disk.lstat(path);
    },
    async list(path: string) {
      hooks.beforeList?.(path);
      const listing = await disk.list(path);
      return {
        next: async () => hooks.entries?.(await listing.next()) ?? (await listing.next()),
        close: () => listing.close(),
      };
    },
    yieldIfDue: () => undefined,
  });
}
