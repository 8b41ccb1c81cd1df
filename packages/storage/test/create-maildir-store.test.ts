import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { FoundMaildrop } from "#storage/maildir-store";
import { createFileSystem } from "#storage/ports/node-file-system";
import { type Call, FaultyFileSystem, failEach } from "./support/faulty-file-system.js";
import { MaildirBuilder, temporaryDirectory } from "./support/maildir-builder.js";
import { disk, freshStore, openingTrouble, openMaildrop, rowsOf, type Store, visit } from "./support/store-fixture.js";

const pathsOf = (rows: readonly { path: string }[]): string[] => rows.map(({ path }) => path);

test("messages come in delivery order with unique-id and canonical octets", async (t) => {
  const maildir = MaildirBuilder.in(t)
    .put("new/1700000002.M9P1.host", "a\nb\n")
    .put("cur/1700000002.M10P1.host:2,S", "a\r\nb\r\n")
    .put("cur/1700000001.M5P1.host,S=3,W=5:2,", "abc")
    .put("new/1700000003.1.x", "");
  assert.deepEqual(await visit(freshStore(), maildir.root), [
    { path: "cur/1700000001.M5P1.host,S=3,W=5:2,", uniqueId: "1700000001.M5P1.host", octets: 5 },
    { path: "new/1700000002.M9P1.host", uniqueId: "1700000002.M9P1.host", octets: 6 },
    { path: "cur/1700000002.M10P1.host:2,S", uniqueId: "1700000002.M10P1.host", octets: 6 },
    { path: "new/1700000003.1.x", uniqueId: "1700000003.1.x", octets: 0 },
  ]);
});

for (const io of ["sync", "async"] as const) {
  test(`contents of every kind are counted as they will be sent (${io})`, async (t) => {
    const contents = [
      ["", 0],
      ["\n", 2],
      ["\r", 3],
      ["\r\n", 2],
      ["\0\0", 4],
      ["a\rb\r\n", 5],
      [".\n..\n", 7],
      ["\xff\xfe", 4],
      ["x".repeat(200_000), 200_002],
      ["line\n".repeat(40_000), 240_000],
      [`${"x".repeat(65_535)}\r\n`, 65_537],
      [`${"x".repeat(65_535)}\n`, 65_537],
      ["x".repeat(65_536), 65_538],
    ] as const;
    const maildir = MaildirBuilder.in(t);
    for (const [index, [content]] of contents.entries()) maildir.put(`new/${1_700_000_000 + index}.x`, content);
    const rows = await visit(freshStore({ fs: createFileSystem({ io }) }), maildir.root);
    assert.deepEqual(
      rows.map(({ octets }) => octets),
      contents.map(([, octets]) => octets),
    );
  });
}

test("an unchanged maildrop is opened at once, with three calls, and is the same table", async (t) => {
  const maildir = MaildirBuilder.in(t).put("new/1700000001.1.a").put("cur/1700000002.1.b:2,S");
  const files = new FaultyFileSystem(disk);
  const store = freshStore({ fs: files, now: inAnHour });
  const first = await openMaildrop(store, maildir.root);
  await first.close();
  const before = files.calls.length;
  const outcome = store.open(maildir.root);
  assert.ok(!(outcome instanceof Promise) && outcome.type === "opened");
  assert.equal(outcome.maildrop.messages, first.messages);
  assert.deepEqual(
    files.calls.slice(before).map(({ method }) => method),
    ["stat", "stat", "lstat"],
  );
});

test("an unchanged maildrop on a slow root is the same table too", async (t) => {
  const maildir = MaildirBuilder.in(t).put("new/1700000001.1.a");
  const files = new FaultyFileSystem(createFileSystem({ io: "async" }));
  const store = freshStore({ fs: files, now: inAnHour });
  const first = await openMaildrop(store, maildir.root);
  const before = files.calls.length;
  const second = await openMaildrop(store, maildir.root);
  assert.equal(second.messages, first.messages);
  assert.deepEqual(
    files.calls.slice(before).map(({ method }) => method),
    ["stat", "stat", "lstat"],
  );
  maildir.put("new/1700000002.1.b");
  assert.equal((await visit(store, maildir.root)).length, 2);
});

for (const io of ["sync", "async"] as const) {
  test(`a warm maildrop that has gone out of reach is said to be so (${io})`, async (t) => {
    const maildir = MaildirBuilder.in(t).put("new/1700000001.1.a");
    let isBroken = false;
    const files = new FaultyFileSystem(createFileSystem({ io }), (call) => {
      if (isBroken) failEach("stat", "EIO")(call);
    });
    const store = freshStore({ fs: files, now: inAnHour });
    await visit(store, maildir.root);
    isBroken = true;
    assert.equal(await openingTrouble(store, maildir.root), "UNREADABLE");
    isBroken = false;
    assert.equal((await visit(store, maildir.root)).length, 1);
  });

  test(`a file that has another size than remembered is counted anew when it is opened (${io})`, async (t) => {
    const maildir = MaildirBuilder.in(t).put("new/1700000001.1.a", "a\n");
    const store = freshStore({ fs: createFileSystem({ io }), now: inAnHour });
    await visit(store, maildir.root);
    fs.writeFileSync(maildir.octets("new/1700000001.1.a"), "a\n".repeat(50_000));
    const maildrop = await openMaildrop(store, maildir.root);
    const message = await maildrop.open(0, new Uint8Array(4_096));
    assert.ok(typeof message === "object");
    assert.deepEqual([message.octets, message.fileOctets], [150_000, 100_000]);
    message.close();
    await maildrop.close();
    assert.deepEqual(
      (await visit(store, maildir.root)).map(({ octets }) => octets),
      [150_000],
    );
    assert.deepEqual(
      (await visit(freshStore(), maildir.root)).map(({ octets }) => octets),
      [150_000],
    );
  });
}

test("a fault that no disk can have is not called one of the disk", async (t) => {
  const maildir = MaildirBuilder.in(t).put("new/1700000001.1.a");
  const files = new FaultyFileSystem(disk, ({ method }) => {
    if (method === "list") throw new TypeError("ours");
  });
  await assert.rejects(async () => freshStore({ fs: files }).open(maildir.root), TypeError);
});

test("a listing made less than two seconds after a change is not trusted, but gives the same table again", async (t) => {
  const maildir = MaildirBuilder.in(t).put("new/1700000001.1.a");
  const store = freshStore();
  const first = await openMaildrop(store, maildir.root);
  const outcome = store.open(maildir.root);
  assert.ok(outcome instanceof Promise);
  const second = await outcome;
  assert.ok(second.type === "opened" && second.maildrop.messages === first.messages);
});

test("what arrives, goes or is renamed is seen at the next opening, and the open maildrop stays as it was", async (t) => {
  const maildir = MaildirBuilder.in(t).put("new/1700000001.1.a").put("new/1700000002.1.b").put("new/1700000003.1.c");
  const store = freshStore({ now: inAnHour });
  const first = await openMaildrop(store, maildir.root);
  maildir.put("new/1700000000.1.z").remove("new/1700000002.1.b").rename("new/1700000003.1.c", "cur/1700000003.1.c:2,F");
  assert.deepEqual(pathsOf(await visit(store, maildir.root)), [
    "new/1700000000.1.z",
    "new/1700000001.1.a",
    "cur/1700000003.1.c:2,F",
  ]);
  assert.deepEqual(pathsOf(rowsOf(first)), ["new/1700000001.1.a", "new/1700000002.1.b", "new/1700000003.1.c"]);
});

test("after our own removals the maildrop is listed again", async (t) => {
  const maildir = MaildirBuilder.in(t).put("new/1700000001.1.a").put("new/1700000002.1.b");
  const store = freshStore({ now: inAnHour });
  const maildrop = await openMaildrop(store, maildir.root);
  await maildrop.remove([0]);
  await maildrop.close();
  assert.deepEqual(pathsOf(await visit(store, maildir.root)), ["new/1700000002.1.b"]);
});

test("a message is read once for its octets, over all logins and processes", async (t) => {
  const maildir = MaildirBuilder.in(t).put("new/1700000001.1.a", "a\n").put("new/1700000002.1.b", "b\n");
  await visit(freshStore(), maildir.root);
  maildir.put("new/1700000003.1.c", "c\n").rename("new/1700000001.1.a", "cur/1700000001.1.a:2,S");
  const files = new FaultyFileSystem(disk);
  const rows = await visit(freshStore({ fs: files }), maildir.root);
  assert.deepEqual(
    rows.map(({ octets }) => octets),
    [3, 3, 3],
  );
  assert.deepEqual(readsIn(files), ["1700000003.1.c"]);
});

test("RFC 1939 §7: a corrected count is what the next login is told, in this process and in the next", async (t) => {
  const maildir = MaildirBuilder.in(t).put("new/1700000001.1.a", "a\n");
  const store = freshStore({ now: inAnHour });
  const maildrop = await openMaildrop(store, maildir.root);
  maildrop.correctOctets(0, 7);
  assert.equal(maildrop.messages.octetsAt(0), 3);
  await maildrop.close();
  assert.deepEqual(
    (await visit(store, maildir.root)).map(({ octets }) => octets),
    [7],
  );
  assert.deepEqual(
    (await visit(freshStore(), maildir.root)).map(({ octets }) => octets),
    [7],
  );
});

test("the octets of a message that could not be read are looked for again at each opening", async (t) => {
  const maildir = MaildirBuilder.in(t).put("new/1700000001.1.a", "a\nb\n").settle();
  const store = freshStore({ fs: new FaultyFileSystem(disk, whileAway), now: inAnHour });
  let isAway = true;
  function whileAway(call: Call): void {
    if (isAway) failEach("openRead", "EACCES", "1700000001.1.a")(call);
  }
  const octets = async (of: Store) => (await visit(of, maildir.root)).map((row) => row.octets);
  assert.deepEqual(await octets(store), [4], "as many as the file has");
  isAway = false;
  assert.deepEqual(await octets(store), [6]);
  assert.deepEqual(await octets(freshStore({ now: inAnHour })), [6]);
});

test("openings of one maildrop at the same time share one listing", async (t) => {
  const maildir = MaildirBuilder.in(t).put("new/1700000001.1.a");
  const files = new FaultyFileSystem(disk);
  const store = freshStore({ fs: files });
  const progress: string[] = [];
  const onProgress = (done: number, total: number) => progress.push(`${done}/${total}`);
  const outcomes = await Promise.all([
    store.open(maildir.root, { onProgress }),
    store.open(maildir.root, { onProgress }),
    store.open(maildir.root),
  ]);
  const tables = new Set(outcomes.map((outcome) => outcome.type === "opened" && outcome.maildrop.messages));
  assert.equal(tables.size, 1);
  assert.deepEqual(readsIn(files), ["1700000001.1.a"]);
  assert.deepEqual(progress, ["1/1", "1/1"]);
});

test("an opening nobody waits for finishes and saves", async (t) => {
  const maildir = MaildirBuilder.in(t);
  for (let index = 0; index < 200; index++) maildir.put(`new/${1_700_000_000 + index}.x`, "a\n");
  const store = freshStore();
  void store.open(maildir.root);
  await store.flush();
  const files = new FaultyFileSystem(disk);
  await visit(freshStore({ fs: files }), maildir.root);
  assert.deepEqual(readsIn(files), []);
});

test("a maildrop that does not exist is empty where the spool stands, and out of reach where it does not", async (t) => {
  const spool = temporaryDirectory(t);
  const root = join(spool, "example.org/alice/Maildir");
  const store = freshStore();
  assert.equal(await openingTrouble(store, root), "SPOOL_MISSING");
  assert.equal(await openingTrouble(store, root, { anchor: spool }), "SPOOL_MISSING");
  assert.equal(await openingTrouble(store, root, { anchor: join(spool, "nowhere") }), "SPOOL_MISSING");
  fs.writeFileSync(join(spool, "file"), "");
  assert.equal(await openingTrouble(store, root, { anchor: join(spool, "file") }), "SPOOL_MISSING");
  assert.equal((await openMaildrop(store, root, { anchor: spool })).messages.count, 0);
  assert.ok(!fs.existsSync(root));
  new MaildirBuilder(root).put("new/1700000001.1.a");
  assert.equal((await visit(store, root)).length, 1);
});

test("ADR 0061: an empty folder on the way to a maildrop that does not exist is a disk that is not mounted", async (t) => {
  const spool = temporaryDirectory(t);
  const domain = join(spool, "example.org");
  const root = join(domain, "alice/Maildir");
  const look = (): Promise<string> => openingTrouble(freshStore(), root, { anchor: spool });
  fs.writeFileSync(join(spool, "other"), "");
  assert.equal(await look(), "opened", "the domain has had no mail yet");
  fs.mkdirSync(domain);
  assert.equal(await look(), "SPOOL_MISSING");
  fs.mkdirSync(join(domain, "bob"));
  assert.equal(await look(), "opened", "the domain has had mail, this account none");
  fs.mkdirSync(join(domain, "alice"));
  assert.equal(await look(), "SPOOL_MISSING");
  fs.writeFileSync(join(domain, "alice/.keep"), "");
  assert.equal(await look(), "opened");
});

test("ADR 0061: create makes a maildrop in an empty folder too: it is what the operator wants", async (t) => {
  const spool = temporaryDirectory(t);
  fs.mkdirSync(join(spool, "example.org"));
  const options = { create: true, anchor: spool };
  assert.equal((await openMaildrop(freshStore(), join(spool, "example.org/alice"), options)).messages.count, 0);
});

test("a maildrop without new/ or cur/, or that is no directory, is out of reach and never empty", async (t) => {
  const directory = temporaryDirectory(t);
  const store = freshStore();
  for (const missing of ["new", "cur"]) {
    const { root } = new MaildirBuilder(join(directory, missing));
    fs.rmdirSync(join(root, missing));
    assert.equal(await openingTrouble(store, root, { anchor: directory }), "NOT_A_MAILDIR");
    fs.writeFileSync(join(root, missing), "");
    assert.equal(await openingTrouble(store, root, { anchor: directory }), "NOT_A_MAILDIR");
  }
  fs.writeFileSync(join(directory, "file"), "");
  assert.equal(await openingTrouble(store, join(directory, "file"), { anchor: directory }), "NOT_A_MAILDIR");
  assert.equal(await openingTrouble(store, join(directory, "file/Maildir"), { anchor: directory }), "NOT_A_MAILDIR");
});

test("create makes what is missing, for its owner only, but never the spool itself", async (t) => {
  const spool = temporaryDirectory(t);
  const root = join(spool, "example.org/bob/Maildir");
  const store = freshStore();
  const options = { create: true, anchor: spool };
  assert.equal((await openMaildrop(store, root, options)).messages.count, 0);
  for (const folder of ["", "tmp", "new", "cur"]) assert.equal(fs.statSync(join(root, folder)).mode & 0o777, 0o700);
  fs.rmdirSync(join(root, "cur"));
  assert.equal((await openMaildrop(store, root, options)).messages.count, 0);
  const elsewhere = join(spool, "unmounted/carol");
  assert.equal(
    await openingTrouble(store, elsewhere, { create: true, anchor: join(spool, "unmounted") }),
    "SPOOL_MISSING",
  );
  fs.writeFileSync(join(spool, "file"), "");
  assert.equal(await openingTrouble(store, join(spool, "file/x"), options), "NOT_A_MAILDIR");
});

test("what cannot be created is said, and nothing half made counts as a maildrop", async (t) => {
  const spool = temporaryDirectory(t);
  const root = join(spool, "dave");
  const files = new FaultyFileSystem(disk, failEach("mkdir", "ENOSPC", "/cur"));
  assert.equal(await openingTrouble(freshStore({ fs: files }), root, { create: true, anchor: spool }), "CANNOT_CREATE");
  assert.equal(await openingTrouble(freshStore(), root, { anchor: spool }), "NOT_A_MAILDIR");
  assert.equal((await openMaildrop(freshStore(), root, { create: true, anchor: spool })).messages.count, 0);
});

for (const create of [false, true]) {
  test(`a maildrop behind a link that leads nowhere is out of reach, not empty (create: ${create})`, async (t) => {
    const spool = temporaryDirectory(t);
    fs.mkdirSync(join(spool, "other"));
    fs.symlinkSync(join(spool, "disk2/erin"), join(spool, "erin"));
    fs.symlinkSync(join(spool, "disk2/example.org"), join(spool, "example.org"));
    for (const root of ["erin", "example.org/frank"]) {
      const options = { create, anchor: spool };
      assert.equal(await openingTrouble(freshStore(), join(spool, root), options), "SPOOL_MISSING", root);
    }
  });
}

test("a link that is put in the way while a maildrop is made ends the making", { timeout: 10_000 }, async (t) => {
  const spool = temporaryDirectory(t);
  const root = join(spool, "gwen");
  const files = new FaultyFileSystem(disk, ({ method, path }) => {
    if (method === "mkdir" && path === root) fs.symlinkSync("nowhere", root);
  });
  const options = { create: true, anchor: spool };
  assert.equal(await openingTrouble(freshStore({ fs: files }), root, options), "CANNOT_CREATE");
});

function inAnHour(): number {
  return Date.now() + 3_600_000;
}

/** Names of the messages that were opened. */
function readsIn({ calls }: FaultyFileSystem): string[] {
  return calls.filter(({ method }) => method === "openRead").map(({ path }) => path.slice(path.lastIndexOf("/") + 1));
}

test("what is found is shown before anything is saved or finished; declined, it stays as it is", async (t) => {
  const maildir = MaildirBuilder.in(t);
  for (let n = 0; n < 300; n++) maildir.put(`cur/1700000001.M${n}P1.host:2,`, "x\n");
  const seen: unknown[] = [];
  const approve = ({ messages, folders }: FoundMaildrop) => {
    seen.push([messages.count, folders !== undefined, fs.readdirSync(maildir.root).length]);
    return seen.length > 1;
  };
  const store = freshStore({ now: inAnHour });
  assert.equal(await openingTrouble(store, maildir.root, { approve }), "DECLINED");
  await store.flush();
  assert.equal(fs.existsSync(join(maildir.root, "postigo.index")), false);
  assert.equal(await openingTrouble(store, maildir.root, { approve: () => false }), "DECLINED", "nor from memory");
  const { messages } = await openMaildrop(store, maildir.root, { approve });
  assert.deepEqual([messages.count, seen], [300, [3, 3].map((entries) => [300, true, entries])]);
});

test("an opening that is still to be approved is waited for by a flush, with what it saves", async (t) => {
  const maildir = MaildirBuilder.in(t);
  for (let n = 0; n < 300; n++) maildir.put(`cur/1700000001.M${n}P1.host:2,`, "x\n");
  const store = freshStore({ now: inAnHour });
  const opening = store.open(maildir.root, { approve: async () => true });
  await store.flush();
  assert.equal(fs.existsSync(join(maildir.root, "postigo.index")), true);
  await opening;
});

test("a Maildir of which a part is there is made whole, so that it can be shown", async (t) => {
  const maildir = MaildirBuilder.in(t).put("cur/1700000001.M1P1.host:2,");
  fs.rmdirSync(join(maildir.root, "new"));
  const approve = ({ messages }: FoundMaildrop) => messages.count === 1;
  const { messages } = await openMaildrop(freshStore(), maildir.root, { create: true, approve });
  assert.equal(messages.count, 1);
});
