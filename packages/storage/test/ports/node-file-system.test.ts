import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { FileSystem, Listing } from "#storage/ports/file-system";
import { createFileSystem } from "#storage/ports/node-file-system";
import { octetPath } from "#storage/ports/octet-path";
import { descriptorsSettle, openDescriptors } from "../support/descriptors.js";
import { temporaryDirectory } from "../support/maildir-builder.js";
import { IO_MODES } from "../support/maildrop-fixture.js";

const octets = (text: string): Buffer => Buffer.from(text, "latin1");
const EIGHT_BIT_NAME = "\xff\xe9\x80:2,S";

/** A promise in any case, so that both modes are asked alike. */
async function outcome<T>(call: () => T | Promise<T>): Promise<T> {
  return await call();
}

async function readAll(files: FileSystem, path: string): Promise<string> {
  const fd = await files.openRead(path);
  const target = new Uint8Array(100);
  const length = await files.read(fd, target, null);
  files.close(fd);
  return Buffer.from(target.subarray(0, length)).toString("latin1");
}

async function namesOf(listing: Listing): Promise<string[]> {
  const names: string[] = [];
  for (let slice = await listing.next(); slice.length > 0; slice = await listing.next()) {
    assert.ok(slice.length <= 1024);
    names.push(...slice.map(({ name }) => name));
  }
  return names.sort();
}

for (const io of IO_MODES) {
  const files = createFileSystem({ io });

  test(`${io}: reading goes on from the last read, or stands where it is told to`, async (t) => {
    const path = join(temporaryDirectory(t), "file");
    fs.writeFileSync(path, "0123456789");
    const fd = await files.openRead(path);
    const target = new Uint8Array(4);
    const got: string[] = [];
    for (const position of [null, null, 1, null, null]) {
      const length = await files.read(fd, target, position);
      got.push(Buffer.from(target.subarray(0, length)).toString());
    }
    files.close(fd);
    assert.deepEqual(got, ["0123", "4567", "1234", "89", ""]);
  });

  test(`${io}: names are octets, in folders of any name`, async (t) => {
    const folder = octetPath(join(temporaryDirectory(t), "spöol"));
    await files.mkdir(folder);
    fs.writeFileSync(Buffer.concat([octets(`${folder}/`), octets(EIGHT_BIT_NAME)]), "hello");
    assert.deepEqual(await namesOf(await files.list(folder)), [EIGHT_BIT_NAME]);
    assert.equal(await readAll(files, `${folder}/${EIGHT_BIT_NAME}`), "hello");
    await files.rename(`${folder}/${EIGHT_BIT_NAME}`, `${folder}/\xfe`);
    assert.equal((await files.lstat(`${folder}/\xfe`))?.size, 5);
    await files.append(`${folder}/\xfe`, octets(" you"));
    assert.equal(
      octets("").toString() + Buffer.from(await files.readFile(`${folder}/\xfe`, 9)).toString(),
      "hello you",
    );
    await files.replaceFile(`${folder}/\xfe`, octets("new"), { durable: true });
    assert.equal(await readAll(files, `${folder}/\xfe`), "new");
    await files.unlink(`${folder}/\xfe`);
    assert.deepEqual(await namesOf(await files.list(folder)), []);
  });

  test(`${io}: only a regular file has a size`, async (t) => {
    const folder = octetPath(temporaryDirectory(t));
    fs.writeFileSync(join(folder, "file"), "12345");
    fs.symlinkSync("file", join(folder, "link"));
    const sizes = ["file", "link", ".", "nothing"].map((name) => outcome(() => files.sizeOf(`${folder}/${name}`)));
    assert.deepEqual(await Promise.all(sizes), [5, undefined, undefined, undefined]);
  });

  test(`${io}: a symlink is not opened, a FIFO without a writer does not wait`, async (t) => {
    const folder = temporaryDirectory(t);
    fs.writeFileSync(join(folder, "file"), "x");
    fs.symlinkSync("file", join(folder, "link"));
    execFileSync("mkfifo", [join(folder, "fifo")]);
    await assert.rejects(
      outcome(() => files.openRead(join(folder, "link"))),
      { code: "ELOOP" },
    );
    await assert.rejects(
      outcome(() => files.append(join(folder, "link"), octets("x"))),
      { code: "ELOOP" },
    );
    await assert.rejects(
      outcome(() => files.append(join(folder, "fifo"), octets("x"))),
      { code: "ENXIO" },
    );
    assert.equal(await readAll(files, join(folder, "fifo")), "");
  });

  test(`${io}: lstat tells of the name, stat of what it leads to, undefined of nothing`, async (t) => {
    const folder = temporaryDirectory(t);
    fs.writeFileSync(join(folder, "file"), "12345");
    fs.symlinkSync("file", join(folder, "link"));
    fs.symlinkSync("nothing", join(folder, "dangling"));
    execFileSync("mkfifo", [join(folder, "fifo")]);
    const kinds: unknown[] = [];
    for (const name of ["file", "link", "dangling", "fifo", ".", "none"]) {
      const [own, target] = [await files.lstat(join(folder, name)), await files.stat(join(folder, name))];
      kinds.push([name, own?.kind, target?.kind]);
    }
    assert.deepEqual(kinds, [
      ["file", "file", "file"],
      ["link", "symlink", "file"],
      ["dangling", "symlink", undefined],
      ["fifo", "other", "other"],
      [".", "directory", "directory"],
      ["none", undefined, undefined],
    ]);
    await assert.rejects(
      outcome(() => files.lstat(join(folder, "file", "below"))),
      { code: "ENOTDIR" },
    );
    await assert.rejects(
      outcome(() => files.stat(join(folder, "file", "below"))),
      { code: "ENOTDIR" },
    );
  });

  test(`${io}: a status has exact times, device and inode`, async (t) => {
    const path = join(temporaryDirectory(t), "file");
    fs.writeFileSync(path, "12345");
    const exact = fs.statSync(path, { bigint: true });
    const expected = {
      kind: "file",
      size: 5,
      device: exact.dev,
      inode: exact.ino,
      mtimeNs: exact.mtimeNs,
      ctimeNs: exact.ctimeNs,
      bornNs: exact.birthtimeNs,
    };
    const fd = await files.openRead(path);
    assert.deepEqual(await files.fstat(fd), expected);
    files.close(fd);
    assert.deepEqual(await files.lstat(path), expected);
  });

  test(`${io}: a folder comes in slices, with kinds, to its end and no further`, async (t) => {
    const folder = temporaryDirectory(t);
    const names = Array.from({ length: 2_500 }, (_, index) => `m${String(index).padStart(5, "0")}`);
    for (const name of names) fs.writeFileSync(join(folder, name), "");
    const before = openDescriptors();
    const listing = await files.list(folder);
    assert.deepEqual(await namesOf(listing), names);
    assert.deepEqual(await listing.next(), []);
    listing.close();
    assert.equal(await descriptorsSettle(before), before);
  });

  test(`${io}: the kind of an entry is that of the name`, async (t) => {
    const folder = temporaryDirectory(t);
    fs.writeFileSync(join(folder, "a"), "");
    fs.mkdirSync(join(folder, "b"));
    fs.symlinkSync("a", join(folder, "c"));
    execFileSync("mkfifo", [join(folder, "d")]);
    const entries = [...(await (await files.list(folder)).next())].sort((one, other) =>
      one.name < other.name ? -1 : 1,
    );
    assert.deepEqual(entries, [
      { name: "a", kind: "file" },
      { name: "b", kind: "directory" },
      { name: "c", kind: "symlink" },
      { name: "d", kind: "other" },
    ]);
  });

  test(`${io}: a listing that is ended early keeps no descriptor, and stays ended`, async (t) => {
    const folder = temporaryDirectory(t);
    fs.writeFileSync(join(folder, "a"), "");
    const before = openDescriptors();
    const listing = await files.list(folder);
    listing.close();
    listing.close();
    assert.deepEqual(await listing.next(), []);
    assert.equal(await descriptorsSettle(before), before);
  });

  const MISSING = [
    { name: "openRead", call: (path: string) => files.openRead(path) },
    { name: "list", call: (path: string) => files.list(path) },
    { name: "unlink", call: (path: string) => files.unlink(path) },
    { name: "rename", call: (path: string) => files.rename(path, `${path}2`) },
    { name: "readFile", call: (path: string) => files.readFile(path, 10) },
    { name: "append, which never creates,", call: (path: string) => files.append(path, octets("x")) },
    { name: "mkdir", call: (path: string) => files.mkdir(`${path}/below`) },
    {
      name: "replaceFile",
      call: (path: string) => files.replaceFile(`${path}/below`, octets("x"), { durable: false }),
    },
  ];

  for (const { name, call } of MISSING) {
    test(`${io}: ${name} fails with ENOENT where nothing is, and makes nothing`, async (t) => {
      const folder = temporaryDirectory(t);
      await assert.rejects(
        outcome<unknown>(() => call(join(folder, "none"))),
        { code: "ENOENT" },
      );
      assert.deepEqual(fs.readdirSync(folder), []);
    });
  }

  test(`${io}: readFile reads no more than its limit, and only files`, async (t) => {
    const folder = temporaryDirectory(t);
    fs.writeFileSync(join(folder, "file"), "12345");
    const before = openDescriptors();
    assert.equal(Buffer.from(await files.readFile(join(folder, "file"), 5)).toString(), "12345");
    await assert.rejects(
      outcome(() => files.readFile(join(folder, "file"), 4)),
      { code: "EFBIG" },
    );
    await assert.rejects(
      outcome(() => files.readFile(folder, 4)),
      { code: "EINVAL" },
    );
    fs.writeFileSync(join(folder, "empty"), "");
    assert.equal((await files.readFile(join(folder, "empty"), 5)).length, 0);
    assert.equal(await descriptorsSettle(before), before);
  });

  test(`${io}: append adds at the end, whoever else has appended`, async (t) => {
    const path = join(temporaryDirectory(t), "log");
    fs.writeFileSync(path, "one\n");
    await files.append(path, octets("two\n"));
    fs.appendFileSync(path, "three\n");
    await files.append(path, octets("four\n"));
    assert.equal(fs.readFileSync(path, "latin1"), "one\ntwo\nthree\nfour\n");
  });

  test(`${io}: a write to a full disk is an error, and a part of it is too`, async () => {
    await assert.rejects(
      outcome(() => files.append("/dev/full", octets("x"))),
      { code: "ENOSPC" },
    );
  });

  test(`${io}: close frees the descriptor, and its failure is nobody's concern`, async (t) => {
    const path = join(temporaryDirectory(t), "file");
    fs.writeFileSync(path, "");
    const before = openDescriptors();
    files.close(await files.openRead(path));
    files.close(1_000_000);
    assert.equal(await descriptorsSettle(before), before);
  });

  test(`${io}: isSync says so`, () => {
    assert.equal(files.isSync, io === "sync");
    assert.equal(files.yieldIfDue(), undefined);
  });
}

const REPLACEMENTS = [
  { name: "makes a file that was not there", before: undefined, durable: false },
  { name: "replaces one that was", before: "old", durable: false },
  { name: "replaces one for good", before: "old", durable: true },
];

for (const { name, before, durable } of REPLACEMENTS) {
  test(`replaceFile ${name}, readable by its owner only, and leaves nothing beside it`, async (t) => {
    const folder = temporaryDirectory(t);
    const path = join(folder, "postigo.index");
    if (before !== undefined) fs.writeFileSync(path, before);
    await createFileSystem({ io: "sync" }).replaceFile(path, octets("new"), { durable });
    assert.deepEqual(fs.readdirSync(folder), ["postigo.index"]);
    assert.equal(fs.readFileSync(path, "latin1"), "new");
    assert.equal(fs.statSync(path).mode & 0o777, 0o600);
  });
}

test("replaceFile takes the place of what a killed process of the same pid has left", async (t) => {
  const folder = temporaryDirectory(t);
  fs.writeFileSync(join(folder, `index.${process.pid}.tmp`), "half");
  await createFileSystem({ io: "sync" }).replaceFile(join(folder, "index"), octets("whole"), { durable: false });
  assert.deepEqual(fs.readdirSync(folder), ["index"]);
  assert.equal(fs.readFileSync(join(folder, "index"), "latin1"), "whole");
});

test("replaceFile that cannot rename leaves the old and removes the temporary file", async (t) => {
  const folder = temporaryDirectory(t);
  fs.mkdirSync(join(folder, "index"));
  const before = openDescriptors();
  const replacing = createFileSystem({ io: "sync" }).replaceFile(join(folder, "index"), octets("x"), {
    durable: false,
  });
  await assert.rejects(replacing, { code: "EISDIR" });
  assert.deepEqual(fs.readdirSync(folder), ["index"]);
  assert.equal(await descriptorsSettle(before), before);
});

test("ADR 0015: a slow call moves its root to the thread pool, and what was opened before goes on there", async (t) => {
  const folder = temporaryDirectory(t);
  for (let index = 0; index < 1_500; index++) fs.writeFileSync(join(folder, `m${index}`), "12345");
  let now = 0;
  let step = 0;
  const files = createFileSystem({ io: "auto", monotonic: () => (now += step), processorWait: () => 0 });
  const listing = files.list(folder);
  const fd = files.openRead(join(folder, "m0"));
  assert.ok(!(listing instanceof Promise) && typeof fd === "number");
  const slice = listing.next();
  assert.ok(!(slice instanceof Promise));
  step = 25;
  assert.ok(files.isSync);
  assert.equal(files.read(fd, new Uint8Array(9), 0), 5);
  step = 0;
  assert.equal(files.isSync, false);
  const later = listing.next();
  assert.ok(later instanceof Promise);
  assert.equal(slice.length + (await later).length, 1_500);
  assert.equal(await files.read(fd, new Uint8Array(9), 0), 5);
  now += 60_000;
  assert.ok(files.isSync);
  assert.deepEqual(listing.next(), []);
  files.close(fd);
});

test("a file is read at once from its start, a symlink is not, and no descriptor is left", async (t) => {
  const files = createFileSystem({ io: "sync" });
  const folder = octetPath(temporaryDirectory(t));
  fs.writeFileSync(join(folder, "file"), "0123456789");
  fs.symlinkSync("file", join(folder, "link"));
  const held = openDescriptors();
  const target = new Uint8Array(4);
  assert.equal(files.readAtOnce(`${folder}/file`, target), 4);
  assert.equal(Buffer.from(target).toString(), "0123");
  assert.equal(files.readAtOnce(`${folder}/file`, new Uint8Array(100)), 10);
  assert.throws(() => files.readAtOnce(`${folder}/link`, target), { code: "ELOOP" });
  assert.throws(() => files.readAtOnce(folder, target), { code: "EISDIR" });
  assert.throws(() => files.readAtOnce(`${folder}/nothing`, target), { code: "ENOENT" });
  assert.equal(await descriptorsSettle(held), held);
});
