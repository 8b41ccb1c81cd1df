// Maildrops with a postigo.uids, opened and looked at the way the server does.

import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createFileSystem } from "#storage/ports/node-file-system";
import { octetPath } from "#storage/ports/octet-path";
import type { StorageError } from "#storage/storage-error";
import { encodeImportedIds, type ImportedId } from "#storage/uid/imported-ids";
import { saveImportedIds } from "#storage/uid/imported-ids-file";
import { FaultyFileSystem, failAt, failEach } from "../support/faulty-file-system.js";
import { MaildirBuilder } from "../support/maildir-builder.js";
import { naiveDigest, naiveImportedRows } from "../support/naive-imports.js";
import { naiveRows } from "../support/naive-model.js";
import { disk, freshStore, openingTrouble, openMaildrop, type Row, rowsOf, visit } from "../support/store-fixture.js";

/** The old server showed the second message first, gave one of them the name of no file, and knew nothing of the fourth. */
const IMPORTED: readonly ImportedId[] = [
  { uniqueName: "1700000002.1.b", uniqueId: "UID1-77", order: 1 },
  { uniqueName: "1700000001.1.a", uniqueId: "UID2-77", order: 2 },
  { uniqueName: "1700000003.1.c", uniqueId: "P-of-c", order: undefined },
  { uniqueName: "1600000000.1.gone", uniqueId: "UID0-77", order: 0 },
];

async function imported(t: TestContext, entries = IMPORTED): Promise<MaildirBuilder> {
  const maildir = MaildirBuilder.in(t)
    .put("cur/1700000001.1.a,S=2:2,", "a\n")
    .put("cur/1700000002.1.b:2,S", "b\nb\n")
    .put("new/1700000003.1.c", "c\n")
    .put("new/1700000000.1.d", "d\n");
  await saveImportedIds(disk, octetPath(maildir.root), entries);
  return maildir;
}

const idsOf = (rows: readonly Row[]): string[] => rows.map(({ uniqueId }) => uniqueId);
const inAnHour = (): number => Date.now() + 3_600_000;
const IDS = ["UID1-77", "UID2-77", "1700000000.1.d", "P-of-c"];

const readsOfUids = ({ calls }: FaultyFileSystem): number =>
  calls.filter(({ method, path }) => method === "readFile" && path.endsWith("postigo.uids")).length;

test("an imported unique-id goes before the natural one, and the old server's order before that of delivery", async (t) => {
  const maildir = await imported(t);
  assert.deepEqual(await visit(freshStore(), maildir.root), [
    { path: "cur/1700000002.1.b:2,S", uniqueId: "UID1-77", octets: 6 },
    { path: "cur/1700000001.1.a,S=2:2,", uniqueId: "UID2-77", octets: 3 },
    { path: "new/1700000000.1.d", uniqueId: "1700000000.1.d", octets: 3 },
    { path: "new/1700000003.1.c", uniqueId: "P-of-c", octets: 3 },
  ]);
});

test("RFC 1939 §7: unique-ids are copied as they are told, at any place, and nothing else is touched", async (t) => {
  const maildir = await imported(t);
  const { messages } = await openMaildrop(freshStore(), maildir.root);
  for (let position = 0; position < messages.count; position++) {
    const target = Buffer.alloc(90, 0xa5);
    const expected = Buffer.alloc(90, 0xa5);
    expected.write(messages.uniqueIdAt(position), 7, "latin1");
    assert.equal(messages.copyUniqueId(position, target, 7), messages.uniqueIdAt(position).length);
    assert.deepEqual(target, expected);
  }
});

for (const io of ["sync", "async"] as const) {
  test(`unique-ids stay over flags, new/ to cur/, restarts and the loss of the index (${io})`, async (t) => {
    const maildir = await imported(t);
    const store = () => freshStore({ fs: createFileSystem({ io }), now: inAnHour });
    const running = store();
    assert.deepEqual(idsOf(await visit(running, maildir.root)), IDS);
    maildir.rename("cur/1700000001.1.a,S=2:2,", "cur/1700000001.1.a,S=2:2,FS");
    maildir.rename("new/1700000003.1.c", "cur/1700000003.1.c:2,");
    assert.deepEqual(idsOf(await visit(running, maildir.root)), IDS);
    assert.deepEqual(idsOf(await visit(store(), maildir.root)), IDS);
    assert.ok(fs.existsSync(join(maildir.root, "postigo.index")));
    fs.rmSync(join(maildir.root, "postigo.index"));
    assert.deepEqual(idsOf(await visit(store(), maildir.root)), IDS);
    assert.deepEqual(idsOf(await visit(running, maildir.root)), IDS);
  });

  test(`a file that comes, changes or goes while servers run is seen at the next login of each (${io})`, async (t) => {
    const maildir = await imported(t);
    const root = octetPath(maildir.root);
    const files = createFileSystem({ io });
    const workers = [freshStore({ fs: files, now: inAnHour }), freshStore({ fs: files, now: inAnHour })];
    const changed = IMPORTED.map((entry) => ({ ...entry, uniqueId: `${entry.uniqueId}!`, order: undefined }));
    const steps: readonly (readonly [() => unknown, readonly ImportedId[]])[] = [
      [() => undefined, IMPORTED],
      [() => fs.rmSync(join(maildir.root, "postigo.uids")), []],
      [() => saveImportedIds(files, root, IMPORTED), IMPORTED],
      [() => saveImportedIds(files, root, changed), changed],
      [() => saveImportedIds(files, root, []), []],
      [() => saveImportedIds(files, root, IMPORTED.slice(1)), IMPORTED.slice(1)],
    ];
    for (const [act, entries] of steps) {
      await act();
      const expected = naiveImportedRows(maildir, entries);
      for (const worker of workers) {
        for (let login = 0; login < 2; login++) assert.deepEqual(await visit(worker, maildir.root), expected);
      }
    }
  });

  test(`nothing changed: the same table, after two stats and an lstat (${io})`, async (t) => {
    const maildir = await imported(t);
    const files = new FaultyFileSystem(createFileSystem({ io }));
    const store = freshStore({ fs: files, now: inAnHour });
    const { messages } = await openMaildrop(store, maildir.root);
    const before = files.calls.length;
    assert.equal((await openMaildrop(store, maildir.root)).messages, messages);
    assert.deepEqual(
      files.calls.slice(before).map(({ method }) => method),
      ["stat", "stat", "lstat"],
    );
  });
}

test("a listing that finds the same serves the same table, and does not read the file again", async (t) => {
  const maildir = await imported(t);
  const files = new FaultyFileSystem(disk);
  const store = freshStore({ fs: files, now: inAnHour });
  const { messages } = await openMaildrop(store, maildir.root);
  maildir.settle();
  assert.equal((await openMaildrop(store, maildir.root)).messages, messages);
  assert.equal(readsOfUids(files), 1);
});

test("a file written within the last two seconds is read again: a second change might leave no trace", async (t) => {
  const maildir = await imported(t);
  const files = new FaultyFileSystem(disk);
  const store = freshStore({ fs: files, now: Date.now });
  await visit(store, maildir.root);
  maildir.settle();
  await visit(store, maildir.root);
  assert.equal(readsOfUids(files), 2);
});

test("what is delivered, removed or flagged later needs no further look into the file", async (t) => {
  const maildir = await imported(t);
  const files = new FaultyFileSystem(disk);
  const store = freshStore({ fs: files, now: inAnHour });
  await visit(store, maildir.root);
  const changes = [
    () => maildir.put("new/1700000001.M1P2.later", "e\n"),
    () => maildir.put("new/1800000001.1.x", "f\n").put("cur/1500000000.1.y:2,", "g\n"),
    () => maildir.remove("cur/1700000002.1.b:2,S"),
    () => maildir.rename("new/1700000003.1.c", "cur/1700000003.1.c:2,S"),
    () => maildir.put("new/1900000000.1.caf\xe9", "h\n"),
  ];
  for (const change of changes) {
    change();
    assert.deepEqual(await visit(store, maildir.root), naiveImportedRows(maildir, IMPORTED));
  }
  assert.equal(readsOfUids(files), 1);
});

test("mail that comes back from a backup has its imported unique-id and its place again", async (t) => {
  const maildir = await imported(t);
  const store = freshStore({ now: inAnHour });
  await visit(store, maildir.root);
  maildir.put("cur/1600000000.1.gone:2,S", "z\n");
  for (const each of [store, freshStore()]) {
    assert.deepEqual(idsOf(await visit(each, maildir.root)), ["UID0-77", ...IDS]);
  }
});

test("the index holds the order of delivery and no imported unique-id: without the file nothing is left of it", async (t) => {
  const maildir = await imported(t);
  await visit(freshStore({ now: inAnHour }), maildir.root);
  fs.rmSync(join(maildir.root, "postigo.uids"));
  const files = new FaultyFileSystem(disk);
  assert.deepEqual(await visit(freshStore({ fs: files }), maildir.root), naiveRows(maildir));
  assert.equal(files.calls.filter(({ method }) => method === "openRead").length, 0);
});

test("a read-only spool is served under its imported unique-ids", async (t) => {
  const maildir = await imported(t);
  const files = new FaultyFileSystem(disk, (call) => {
    for (const method of ["replaceFile", "append", "rename", "mkdir", "unlink"]) failEach(method, "EROFS")(call);
  });
  const store = freshStore({ fs: files, now: inAnHour });
  for (let login = 0; login < 2; login++) assert.deepEqual(idsOf(await visit(store, maildir.root)), IDS);
});

test("reading, removing, marking and correcting mean the message at the position that was shown", async (t) => {
  const maildir = await imported(t);
  const store = freshStore({ now: inAnHour });
  await visit(store, maildir.root);
  fs.writeFileSync(maildir.octets("cur/1700000002.1.b:2,S"), "b\n".repeat(9));
  const maildrop = await openMaildrop(store, maildir.root);
  const target = new Uint8Array(4_096);
  const message = await maildrop.open(1, target);
  assert.ok(typeof message === "object");
  assert.equal(Buffer.from(message.chunk.subarray(0, message.first)).toString(), "a\n");
  message.close();
  const grown = await maildrop.open(0, target);
  assert.ok(typeof grown === "object");
  assert.equal(grown.octets, 27);
  grown.close();
  await maildrop.markRetrieved([2]);
  const { removed } = await maildrop.remove([1]);
  assert.deepEqual(removed, [{ position: 1, path: "cur/1700000001.1.a,S=2:2,", how: "unlinked" }]);
  await maildrop.close();
  assert.deepEqual(maildir.paths(), ["cur/1700000000.1.d:2,S", "cur/1700000002.1.b:2,S", "new/1700000003.1.c"]);
  for (const each of [store, freshStore()]) {
    assert.deepEqual(
      (await visit(each, maildir.root)).map(({ uniqueId, octets }) => [uniqueId, octets]),
      [
        ["UID1-77", 27],
        ["1700000000.1.d", 3],
        ["P-of-c", 3],
      ],
    );
  }
});

test("what was removed is known to be gone: the next login lists once and wonders about nobody", async (t) => {
  const maildir = await imported(t);
  const files = new FaultyFileSystem(disk);
  const store = freshStore({ fs: files, now: inAnHour });
  const maildrop = await openMaildrop(store, maildir.root);
  await maildrop.remove([0]);
  await maildrop.close();
  const before = files.calls.length;
  assert.deepEqual(idsOf(await visit(store, maildir.root)), IDS.slice(1));
  assert.equal(files.calls.slice(before).filter(({ method }) => method === "list").length, 2);
});

test("a correction reaches the next login in the same process", async (t) => {
  const maildir = await imported(t);
  const store = freshStore({ now: inAnHour });
  const maildrop = await openMaildrop(store, maildir.root);
  maildrop.correctOctets(0, 1_000);
  await maildrop.close();
  assert.deepEqual((await visit(store, maildir.root)).map(({ uniqueId, octets }) => [uniqueId, octets]).slice(0, 2), [
    ["UID1-77", 1_000],
    ["UID2-77", 3],
  ]);
});

// A clash: the import gave to one message what would be the natural unique-id of another.

const substitute = (name: string, attempt = 1): string => naiveDigest(`${name}\0${attempt}`);

test("a natural unique-id that the import gave to another gives way, whether that one is there or not", async (t) => {
  const maildir = await imported(t, [
    { uniqueName: "1700000001.1.a", uniqueId: "1700000000.1.d", order: undefined },
    { uniqueName: "1600000000.1.gone", uniqueId: "1700000003.1.c", order: undefined },
    { uniqueName: "1700000002.1.b", uniqueId: "1700000002.1.b", order: undefined },
  ]);
  const store = freshStore({ now: inAnHour });
  const expected = [substitute("1700000000.1.d"), "1700000000.1.d", "1700000002.1.b", substitute("1700000003.1.c")];
  for (const each of [store, freshStore()]) assert.deepEqual(idsOf(await visit(each, maildir.root)), expected);
  maildir.remove("cur/1700000001.1.a,S=2:2,");
  for (const each of [store, freshStore()]) {
    assert.deepEqual(
      idsOf(await visit(each, maildir.root)),
      expected.filter((id) => id !== "1700000000.1.d"),
    );
  }
});

test("a file made to take substitutes and digests too leads to no unique-id twice", async (t) => {
  const eightBit = "1700000004.1.caf\xe9";
  const taken = [
    "1700000000.1.d",
    substitute("1700000000.1.d"),
    substitute("1700000000.1.d", 2),
    naiveDigest(eightBit),
    substitute(eightBit),
  ];
  const entries = taken.map((uniqueId, at) => ({ uniqueName: `${at}.gone`, uniqueId, order: at }));
  const maildir = await imported(t, entries);
  maildir.put(`new/${eightBit}`, "x\n");
  const ids = idsOf(await visit(freshStore(), maildir.root));
  assert.equal(ids[0], substitute("1700000000.1.d", 3));
  assert.equal(ids[4], substitute(eightBit, 2));
  assert.deepEqual(await visit(freshStore(), maildir.root), naiveImportedRows(maildir, entries));
});

test("a message that arrives in a running server and would clash gets the unique-id that it keeps", async (t) => {
  const maildir = await imported(t, [
    { uniqueName: "1.gone", uniqueId: "1800000000.1.late", order: 1 },
    { uniqueName: "2.gone", uniqueId: naiveDigest("1800000001.1.caf\xe9"), order: 2 },
  ]);
  const store = freshStore({ now: inAnHour });
  await visit(store, maildir.root);
  maildir.put("new/1800000000.1.late", "x\n").put("new/1800000001.1.caf\xe9", "y\n");
  const rows = await visit(store, maildir.root);
  assert.deepEqual(idsOf(rows).slice(4), [substitute("1800000000.1.late"), substitute("1800000001.1.caf\xe9")]);
  assert.deepEqual(await visit(freshStore(), maildir.root), rows);
});

// Trouble with the file: rather no login than one that makes clients fetch everything again.

for (const [errno, method] of [
  ["EIO", "lstat"],
  ["EACCES", "lstat"],
  ["EIO", "readFile"],
  ["EACCES", "readFile"],
  ["EMFILE", "readFile"],
] as const) {
  test(`${errno} at ${method}: no login, and one as soon as it is over`, async (t) => {
    const maildir = await imported(t);
    let isBroken = true;
    const files = new FaultyFileSystem(disk, (call) => {
      if (isBroken) failEach(method, errno, "postigo.uids")(call);
    });
    const store = freshStore({ fs: files, now: inAnHour });
    for (let login = 0; login < 2; login++) {
      assert.equal(await openingTrouble(store, maildir.root), "UIDS_UNREADABLE");
    }
    isBroken = false;
    assert.deepEqual(idsOf(await visit(store, maildir.root)), IDS);
    isBroken = true;
    if (method === "lstat") assert.equal(await openingTrouble(store, maildir.root), "UIDS_UNREADABLE");
  });
}

test("a file that is none, or one too damaged, met by a running server: no login until it is mended", async (t) => {
  const maildir = await imported(t);
  const path = join(maildir.root, "postigo.uids");
  const good = fs.readFileSync(path);
  const store = freshStore({ now: inAnHour });
  const faults = [
    () => fs.symlinkSync("/etc/passwd", path),
    () => fs.mkdirSync(path),
    () => fs.writeFileSync(path, ""),
    () => fs.writeFileSync(path, good.subarray(0, good.length / 2)),
  ];
  for (const put of faults) {
    assert.deepEqual(idsOf(await visit(store, maildir.root)), IDS);
    fs.rmSync(path, { recursive: true });
    put();
    for (const each of [store, freshStore()]) assert.equal(await openingTrouble(each, maildir.root), "UIDS_UNREADABLE");
    fs.rmSync(path, { recursive: true });
    fs.writeFileSync(path, good);
  }
});

test("one bad line is a warning that names it, and costs one message its imported unique-id", async (t) => {
  const maildir = await imported(t);
  const path = join(maildir.root, "postigo.uids");
  fs.writeFileSync(path, String(fs.readFileSync(path)).replace("UID2-77", "UID9-77"));
  const troubles: StorageError[] = [];
  const store = freshStore({ onTrouble: (trouble) => troubles.push(trouble), now: inAnHour });
  assert.deepEqual(idsOf(await visit(store, maildir.root)), ["UID1-77", "1700000000.1.d", "1700000001.1.a", "P-of-c"]);
  await visit(store, maildir.root);
  assert.deepEqual(
    troubles.map(({ code, cause }) => `${code} ${String(cause)}`),
    ["UIDS_DAMAGED Error: line 4: damaged: the checksum is not that of the line"],
  );
});

test("a file that goes between the look at it and the reading is none, until the next login", async (t) => {
  const maildir = await imported(t);
  const files = new FaultyFileSystem(disk, ({ method, path }) => {
    if (method === "readFile" && path.endsWith("postigo.uids")) fs.rmSync(path, { force: true });
  });
  const store = freshStore({ fs: files, now: inAnHour });
  assert.deepEqual(await visit(store, maildir.root), naiveRows(maildir));
  fs.writeFileSync(join(maildir.root, "postigo.uids"), encodeImportedIds(IMPORTED));
  assert.deepEqual(idsOf(await visit(freshStore(), maildir.root)), IDS);
});

for (const errno of ["EIO", "EACCES", "EMFILE", "ENOSPC"]) {
  for (const io of ["sync", "async"] as const) {
    test(`${errno} at any call of an opening: no login, or one under the right unique-ids (${io})`, async (t) => {
      let opened = 0;
      for (let index = 0; ; index++) {
        const maildir = await imported(t);
        const files = new FaultyFileSystem(createFileSystem({ io }), failAt(index, errno));
        const store = freshStore({ fs: files, now: inAnHour });
        const outcome = await store.open(maildir.root);
        if (outcome.type === "opened") {
          assert.deepEqual(idsOf(rowsOf(outcome.maildrop)), IDS, `call ${index}`);
          await outcome.maildrop.close();
          opened += 1;
        }
        const isOver = files.calls.length <= index;
        assert.deepEqual(idsOf(await visit(store, maildir.root)), IDS, `after call ${index}`);
        if (isOver) break;
      }
      assert.ok(opened > 1);
    });
  }
}
