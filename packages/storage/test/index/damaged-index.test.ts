// Whatever happens to postigo.index, a maildrop looks as it would without one.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { FaultyFileSystem } from "../support/faulty-file-system.js";
import { MaildirBuilder, temporaryDirectory } from "../support/maildir-builder.js";
import { naiveRows } from "../support/naive-model.js";
import { disk, freshStore, openMaildrop, type Row, rowsOf, visit } from "../support/store-fixture.js";

interface Indexed {
  readonly maildir: MaildirBuilder;
  readonly path: string;
  readonly index: Buffer;
  readonly expected: readonly Row[];
}

/** A maildrop with an index that holds a snapshot of two messages, trusted or not, and a record about a third. */
async function indexed(t: TestContext, { settled = true } = {}): Promise<Indexed> {
  const maildir = MaildirBuilder.in(t).put("new/1700000001.a", "a\n").put("cur/1700000002.caf\xe9:2,S", "b\n\nc");
  const now = () => Date.now() + (settled ? 60_000 : 0);
  await visit(freshStore({ now }), maildir.root);
  maildir.put("new/1700000003.c", "d\n");
  await visit(freshStore({ now }), maildir.root);
  const path = join(maildir.root, "postigo.index");
  return { maildir, path, index: fs.readFileSync(path), expected: naiveRows(maildir) };
}

/** Opens without closing, so that the index stays as it is. */
async function look(maildir: MaildirBuilder): Promise<Row[]> {
  return rowsOf(await openMaildrop(freshStore(), maildir.root));
}

test("the index is a snapshot and a record, for its owner only", async (t) => {
  const { maildir, path, index, expected } = await indexed(t);
  assert.equal(index.toString("latin1", 0, 7), "postigo");
  assert.ok(index.length > 250 && index.length < 600, `${index.length} octets`);
  assert.equal(fs.statSync(path).mode & 0o777, 0o600);
  const files = new FaultyFileSystem(disk);
  assert.deepEqual(await visit(freshStore({ fs: files }), maildir.root), expected);
  assert.equal(files.calls.filter(({ method }) => method === "openRead").length, 0);
});

test("cut off at any length it costs only time, and is made whole again", async (t) => {
  const { maildir, path, index, expected } = await indexed(t);
  for (let length = 0; length < index.length; length++) {
    fs.writeFileSync(path, index.subarray(0, length));
    assert.deepEqual(await look(maildir), expected, `cut off at ${length}`);
  }
  fs.writeFileSync(path, index.subarray(0, index.length - 1));
  assert.deepEqual(await visit(freshStore(), maildir.root), expected);
  const files = new FaultyFileSystem(disk);
  assert.deepEqual(await visit(freshStore({ fs: files }), maildir.root), expected);
  assert.equal(files.calls.filter(({ method }) => method === "openRead").length, 0);
});

test("with any octet changed it costs only time", async (t) => {
  const { maildir, path, index, expected } = await indexed(t);
  for (let at = 0; at < index.length; at++) {
    const damaged = Buffer.from(index);
    damaged[at] = (damaged[at] ?? 0) ^ 0x41;
    fs.writeFileSync(path, damaged);
    assert.deepEqual(await look(maildir), expected, `octet ${at}`);
  }
});

test("garbage, alone, before or behind it, costs only time", async (t) => {
  const { maildir, path, index, expected } = await indexed(t);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), fc.nat(2), async (garbage, where) => {
      const parts = [[garbage], [garbage, index], [index, garbage]][where] ?? [];
      fs.writeFileSync(path, Buffer.concat(parts));
      assert.deepEqual(await look(maildir), expected);
    }),
    { numRuns: 200 },
  );
});

test("a symlink, a FIFO or a directory in its place is not followed, not waited for, and left alone", async (t) => {
  const { maildir, path, index, expected } = await indexed(t);
  const elsewhere = join(temporaryDirectory(t), "other.index");
  fs.writeFileSync(elsewhere, index);
  const places: [string, () => void][] = [
    ["symlink", () => fs.symlinkSync(elsewhere, path)],
    ["fifo", () => execFileSync("mkfifo", [path])],
    ["directory", () => fs.mkdirSync(join(path, "full"), { recursive: true })],
  ];
  for (const [what, put] of places) {
    fs.rmSync(path, { recursive: true });
    put();
    assert.deepEqual(await visit(freshStore(), maildir.root), expected, what);
  }
  assert.deepEqual(fs.readFileSync(elsewhere), index);
});

test("a file that claims more messages than it has room for makes nobody allocate them", async (t) => {
  const { maildir, path, index, expected } = await indexed(t);
  for (const [count, names] of [
    [0xffff_ffff, 0],
    [0, 0xffff_ffff],
    [0xffff_ffff, 0xffff_ffff],
    [0x0800_0000, 16],
  ] as const) {
    const forged = Buffer.from(index);
    forged.writeUInt32LE(count, 8);
    forged.writeUInt32LE(names, 12);
    fs.writeFileSync(path, forged);
    const before = process.memoryUsage().arrayBuffers;
    assert.deepEqual(await look(maildir), expected);
    assert.ok(process.memoryUsage().arrayBuffers - before < 8_000_000);
  }
});

// The forger below writes a snapshot with a right checksum, as the owner of the maildrop can.

interface Forgery {
  readonly names: readonly string[];
  readonly uniqueLengths?: readonly number[];
  readonly starts?: readonly number[];
  readonly folders?: readonly number[];
  readonly measured?: readonly number[];
  readonly octets?: readonly number[];
  readonly fileOctets?: readonly number[];
  readonly times?: readonly number[];
}

function forge(index: Buffer, { names, ...forgery }: Forgery): Buffer {
  const blob = Buffer.from(names.join(""), "latin1");
  const each = <T>(column: readonly T[] | undefined, value: (index: number) => T): readonly T[] =>
    column ?? names.map((_, at) => value(at));
  const starts = forgery.starts ?? [0, ...names.map((_, at) => names.slice(0, at + 1).join("").length)];
  const columns = [
    new Float64Array(each(forgery.times, (at) => at)),
    new Float64Array(each(forgery.octets, () => 99)),
    new Float64Array(each(forgery.fileOctets, () => 99)),
    new Uint32Array(starts),
    new Uint16Array(each(forgery.uniqueLengths, (at) => names[at]?.length ?? 0)),
    new Uint8Array(each(forgery.folders, () => 1)),
    new Uint8Array(each(forgery.measured, () => 1)),
    blob,
  ].map((column) => Buffer.from(column.buffer, column.byteOffset, column.byteLength));
  const body = Buffer.concat(columns);
  const header = Buffer.from(index.subarray(0, 128));
  header.writeUInt32LE(names.length, 8);
  header.writeUInt32LE(blob.length, 12);
  const octets = Buffer.concat([header, body, Buffer.alloc((8 - (body.length % 8)) % 8)]);
  const checksum = createHash("sha256").update(octets.subarray(0, 96)).update(octets.subarray(128)).digest();
  checksum.copy(octets, 96);
  return octets;
}

/** An index whose stamps are those of the folders as they are. */
async function current(t: TestContext): Promise<Indexed> {
  const made = await indexed(t);
  fs.rmSync(made.path);
  await visit(freshStore({ now: () => Date.now() + 60_000 }), made.maildir.root);
  return { ...made, index: fs.readFileSync(made.path) };
}

test("a snapshot that is sound and current is believed", async (t) => {
  const { maildir, path, index } = await current(t);
  fs.writeFileSync(path, forge(index, { names: ["1.b", "2.a:2,S"], uniqueLengths: [3, 3], folders: [0, 1] }));
  assert.deepEqual(await look(maildir), [
    { path: "new/1.b", uniqueId: "1.b", octets: 99 },
    { path: "cur/2.a:2,S", uniqueId: "2.a", octets: 99 },
  ]);
});

const FORGERIES: readonly (Forgery & { readonly what: string })[] = [
  { what: "a name that leads out of its folder", names: ["a", "../../bob/cur/1.b"] },
  { what: "a name of dots", names: [".."] },
  { what: "a dot-file", names: [".hidden"] },
  { what: "a name with NUL", names: ["a\0b"] },
  { what: "an empty name", names: ["a", ""] },
  { what: "one unique name twice", names: ["a:2,S", "a:2,"], uniqueLengths: [1, 1] },
  { what: "a unique name longer than its name", names: ["a", "b"], uniqueLengths: [9, 1] },
  { what: "names that start before others end", names: ["abc", "d"], starts: [0, 9, 4] },
  { what: "names that do not start at the start", names: ["abc", "d"], starts: [1, 3, 4] },
  { what: "names that do not end at the end", names: ["abc", "d"], starts: [0, 3, 3] },
  { what: "a third folder", names: ["a"], folders: [2] },
  { what: "a third kind of knowledge", names: ["a"], measured: [2] },
  { what: "negative octets", names: ["a"], octets: [-1] },
  { what: "octets that are no whole number", names: ["a"], octets: [1.5] },
  { what: "octets that are no number", names: ["a"], fileOctets: [Number.NaN] },
  { what: "endless octets", names: ["a"], octets: [Number.POSITIVE_INFINITY] },
  { what: "a time that is no number", names: ["a"], times: [Number.NaN] },
];

for (const { what, ...forgery } of FORGERIES) {
  test(`a forged snapshot with ${what} is refused`, async (t) => {
    const { maildir, path, index, expected } = await current(t);
    fs.writeFileSync(path, forge(index, forgery));
    assert.deepEqual(await look(maildir), expected);
  });
}

test("an index that came with a copy of the maildrop from elsewhere tells the octets but not the listing", async (t) => {
  const { maildir, expected } = await current(t);
  const copy = join(temporaryDirectory(t), "copy");
  execFileSync("cp", ["-a", maildir.root, copy]);
  fs.rmSync(join(copy, "new/1700000001.a"));
  const files = new FaultyFileSystem(disk);
  assert.deepEqual(await visit(freshStore({ fs: files }), copy), expected.slice(1));
  assert.equal(files.calls.filter(({ method }) => method === "openRead").length, 0);
});
