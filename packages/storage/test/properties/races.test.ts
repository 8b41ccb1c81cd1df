// Other programs act, and processes die, right before each call that opening and closing make.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createFileSystem } from "#storage/ports/node-file-system";
import { actAt, Crash, crashAt, FaultyFileSystem, failAt, type Interference } from "../support/faulty-file-system.js";
import { MaildirBuilder, temporaryDirectory } from "../support/maildir-builder.js";
import { naiveRows } from "../support/naive-model.js";
import { disk, freshStore, openMaildrop, type Row, type Store, visit } from "../support/store-fixture.js";

const STAYING = ["1700000001.1.a", "1700000002.1.b", "1700000003.1.c"];

interface Scene {
  readonly what: string;
  act(maildir: MaildirBuilder): void;
}

const SCENES: readonly Scene[] = [
  {
    what: "a message goes from new/ to cur/",
    act: (maildir) => maildir.rename("new/1700000001.1.a", "cur/1700000001.1.a:2,"),
  },
  { what: "a flag is set", act: (maildir) => maildir.rename("cur/1700000002.1.b:2,", "cur/1700000002.1.b:2,S") },
  { what: "a flag is taken away", act: (maildir) => maildir.rename("cur/1700000003.1.c:2,S", "cur/1700000003.1.c:2,") },
  {
    what: "a message goes back to new/",
    act: (maildir) => maildir.rename("cur/1700000002.1.b:2,", "new/1700000002.1.b"),
  },
  { what: "a message goes", act: (maildir) => maildir.remove("new/1700000000.1.goes") },
  { what: "a message arrives", act: (maildir) => maildir.put("new/1700000009.1.arrives", "d\n") },
];

function scene(t: TestContext): MaildirBuilder {
  return MaildirBuilder.in(t)
    .put("new/1700000000.1.goes", "z\n")
    .put("new/1700000001.1.a", "a\n")
    .put("cur/1700000002.1.b:2,", "b\n")
    .put("cur/1700000003.1.c:2,S", "c\n");
}

/** What holds whatever happens meanwhile. */
function check(rows: readonly Row[], context: string): void {
  const ids = rows.map(({ uniqueId }) => uniqueId);
  assert.deepEqual(
    ids.filter((id) => STAYING.includes(id)),
    STAYING,
    context,
  );
  assert.equal(new Set(ids).size, ids.length, context);
  for (const { octets } of rows) assert.equal(octets, 3, context);
}

for (const io of ["sync", "async"] as const) {
  const inner = createFileSystem({ io });

  for (const { what, act } of SCENES) {
    test(`${what} before any call (${io}): what stays is listed once, with its octets`, async (t) => {
      for (const isKnown of [false, true]) await tryEachCall(t, { act, isKnown });
    });
  }

  async function tryEachCall(t: TestContext, { act, isKnown }: { act: Scene["act"]; isKnown: boolean }) {
    await beforeEachCall(async (index) => {
      const maildir = scene(t);
      if (isKnown) await visit(freshStore(), maildir.root);
      const files = new FaultyFileSystem(
        inner,
        actAt(index, () => act(maildir)),
      );
      const store = freshStore({ fs: files });
      check(await visit(store, maildir.root), `before call ${index}`);
      const calls = files.calls.length;
      if (calls <= index) return calls;
      assert.deepEqual(await visit(store, maildir.root), naiveRows(maildir), `afterwards, ${index}`);
      return calls;
    });
  }

  for (const errno of ["EIO", "EACCES", "ENOENT", "ENOSPC", "EMFILE"]) {
    test(`any call may fail with ${errno} (${io}): opening succeeds or says what is wrong, and the next is right`, async (t) => {
      await beforeEachCall(async (index) => {
        const maildir = scene(t);
        const files = new FaultyFileSystem(inner, failAt(index, errno));
        const store = freshStore({ fs: files });
        const outcome = await store.open(maildir.root);
        if (outcome.type === "opened") await outcome.maildrop.close();
        else
          assert.ok(["UNREADABLE", "NOT_A_MAILDIR", "SPOOL_MISSING"].includes(outcome.error.code), outcome.error.code);
        const calls = files.calls.length;
        if (calls > index) assert.deepEqual(await visit(store, maildir.root), naiveRows(maildir), `call ${index}`);
        return calls;
      });
    });
  }
}

test("the process may die before any call: the next one finds everything as it is", async (t) => {
  await beforeEachCall(async (index) => {
    const maildir = scene(t);
    await visit(freshStore(), maildir.root);
    maildir.put("new/1700000004.1.d", "d\n");
    const files = new FaultyFileSystem(disk, crashAt(index));
    await dying(freshStore({ fs: files }), maildir.root);
    assert.deepEqual(await visit(freshStore(), maildir.root), naiveRows(maildir), `died before call ${index}`);
    return files.calls.length;
  });
});

test("while others never stop renaming, no message is missed", async (t) => {
  const maildir = scene(t);
  let flips = 0;
  const restless: Interference = ({ method }) => {
    if (method !== "list" && method !== "next") return;
    const [from, to] =
      flips++ % 2 === 0
        ? ["cur/1700000002.1.b:2,", "cur/1700000002.1.b:2,S"]
        : ["cur/1700000002.1.b:2,S", "cur/1700000002.1.b:2,"];
    maildir.rename(from, to);
  };
  const store = freshStore({ fs: new FaultyFileSystem(disk, restless) });
  const rows = await visit(store, maildir.root);
  assert.deepEqual(
    rows.map(({ uniqueId }) => uniqueId),
    ["1700000000.1.goes", ...STAYING],
  );
  // Its name was another one each time it was to be read; once it rests it is measured.
  check(await visit(freshStore(), maildir.root), "at rest");
});

test("a message that a listing misses while its name changes is met by the next listing", async (t) => {
  const maildir = scene(t);
  const store = freshStore({ fs: blindOnce(maildir) });
  check(await visit(store, maildir.root), "missed once");
});

test("a remembered message is gone only when a second listing misses it too", async (t) => {
  const maildir = scene(t);
  const lists: string[] = [];
  const files = new FaultyFileSystem(disk, ({ method, path }) => {
    if (method === "list") lists.push(path.slice(-3));
  });
  const store = freshStore({ fs: files });
  await visit(store, maildir.root);
  maildir.remove("new/1700000000.1.goes");
  lists.length = 0;
  check(await visit(store, maildir.root), "gone");
  assert.deepEqual(lists, ["new", "cur", "new", "cur"]);
  const maildrop = await openMaildrop(store, maildir.root);
  await maildrop.remove([0]);
  await maildrop.close();
  lists.length = 0;
  assert.equal((await visit(store, maildir.root)).length, 2);
  assert.deepEqual(lists, ["new", "cur"]);
});

test("copies of one message in both folders are one message that no shortcut hides", async (t) => {
  const directory = temporaryDirectory(t);
  const maildir = new MaildirBuilder(directory).put("new/1700000001.1.a", "a\n").put("cur/1700000001.1.a:2,S", "a\n");
  const store = freshStore({ now: () => Date.now() + 60_000 });
  assert.deepEqual(await visit(store, maildir.root), naiveRows(maildir));
  assert.ok(store.open(maildir.root) instanceof Promise);
});

/** The first listing of cur/ leaves one message out, as readdir may while its name changes, and the stamps show the change. */
function blindOnce(maildir: MaildirBuilder): FaultyFileSystem {
  let listings = 0;
  return new FaultyFileSystem(disk, ({ method, path }) => {
    if (method !== "list" || !path.endsWith("/cur")) return;
    listings += 1;
    if (listings === 1) maildir.rename("cur/1700000002.1.b:2,", "tmp/hidden");
    if (listings === 2) maildir.rename("tmp/hidden", "cur/1700000002.1.b:2,S");
  });
}

async function dying(store: Store, root: string): Promise<void> {
  try {
    const outcome = await store.open(root);
    if (outcome.type === "opened") await outcome.maildrop.close();
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
  }
}

/** Tries 0, 1, 2 … as long as there is such a call. */
async function beforeEachCall(attempt: (index: number) => Promise<number>): Promise<void> {
  for (let index = 0, calls = 1; index < calls; index++) calls = await attempt(index);
}
