// Which octets are believed, which are counted, and what one bad file does to the others.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { test } from "node:test";
import { createFileSystem } from "#storage/ports/node-file-system";
import { FaultyFileSystem, failEach } from "../support/faulty-file-system.js";
import { MaildirBuilder } from "../support/maildir-builder.js";
import { plainRule } from "../support/plain-rule.js";
import { disk, freshStore, visit } from "../support/store-fixture.js";

const HINTS = [
  { what: "both are right", name: "1.a,S=4,W=6", content: "a\nb\n", octets: 6, isRead: false },
  { what: "W comes first", name: "1.a,W=6,S=4:2,S", content: "a\nb\n", octets: 6, isRead: false },
  { what: "W is what only a reader could disprove", name: "1.a,S=4,W=5", content: "a\nb\n", octets: 5, isRead: false },
  { what: "S is not the size", name: "1.a,S=5,W=6", content: "a\nb\n", octets: 6, isRead: true },
  { what: "W is less than S", name: "1.a,S=4,W=3", content: "a\nb\n", octets: 6, isRead: true },
  { what: "W is more than S could become", name: "1.a,S=4,W=11", content: "a\nb\n", octets: 6, isRead: true },
  { what: "there is no W", name: "1.a,S=4", content: "a\nb\n", octets: 6, isRead: true },
  { what: "there is no S", name: "1.a,W=6", content: "a\nb\n", octets: 6, isRead: true },
  { what: "W is no number", name: "1.a,S=4,W=6x", content: "a\nb\n", octets: 6, isRead: true },
  { what: "the file is empty", name: "1.a,S=0,W=0", content: "", octets: 0, isRead: false },
];

for (const { what, name, content, octets, isRead } of HINTS) {
  test(`,S= and ,W= are ${isRead ? "not " : ""}believed when ${what}`, async (t) => {
    const maildir = MaildirBuilder.in(t).put(`cur/${name}`, content);
    const files = new FaultyFileSystem(disk);
    const [row] = await visit(freshStore({ fs: files }), maildir.root);
    assert.equal(row?.octets, octets);
    assert.equal(
      files.calls.some(({ method }) => method === "openRead"),
      isRead,
    );
  });
}

for (const io of ["sync", "async"] as const) {
  const inner = createFileSystem({ io });

  for (const errno of ["EACCES", "EIO", "EPERM", "ELOOP", "ESTALE"]) {
    test(`a message that cannot be read (${errno}, ${io}) keeps its number and unique-id and is tried again`, async (t) => {
      const maildir = MaildirBuilder.in(t)
        .put("new/1700000001.a", "a\n")
        .put("new/1700000002.b", "b\n")
        .put("new/1700000003.c", "c\n");
      const failing = new FaultyFileSystem(inner, failEach("openRead", errno, "1700000002.b"));
      const rows = await visit(freshStore({ fs: failing }), maildir.root);
      assert.deepEqual(
        rows.map(({ uniqueId }) => uniqueId),
        ["1700000001.a", "1700000002.b", "1700000003.c"],
      );
      assert.deepEqual(
        rows.map(({ octets }) => octets),
        [3, 2, 3],
      );
      const healed = new FaultyFileSystem(inner);
      const again = await visit(freshStore({ fs: healed }), maildir.root);
      assert.deepEqual(
        again.map(({ octets }) => octets),
        [3, 3, 3],
      );
      assert.equal(healed.calls.filter(({ method }) => method === "openRead").length, 1);
    });
  }

  test(`a fault in the middle of a message is one of that message only (${io})`, async (t) => {
    const maildir = MaildirBuilder.in(t).put("new/1700000001.a", "a\n").put("new/1700000002.b", "x".repeat(70_000));
    let reads = 0;
    const failing = new FaultyFileSystem(inner, (call) => {
      if (call.method === "read" && ++reads === 3) failEach("read", "EIO")(call);
    });
    const rows = await visit(freshStore({ fs: failing }), maildir.root);
    assert.equal(rows.length, 2);
  });
}

for (const io of ["sync", "async"] as const) {
  test(`a message that is away when it is to be read and back under its name a moment later is measured (${io})`, async (t) => {
    const maildir = MaildirBuilder.in(t).put("new/1700000001.a", "a\n").put("new/1700000002.b", "b\n");
    let opened = 0;
    const hiding = new FaultyFileSystem(createFileSystem({ io }), ({ method, path }) => {
      if (method === "openRead" && path.endsWith(".b") && ++opened === 1) maildir.rename("new/1700000002.b", "tmp/b");
      if (method === "list" && path.endsWith("/new") && opened === 1) maildir.rename("tmp/b", "new/1700000002.b");
    });
    const rows = await visit(freshStore({ fs: hiding }), maildir.root);
    assert.deepEqual(
      rows.map(({ octets }) => octets),
      [3, 3],
    );
  });
}

for (const io of ["sync", "async"] as const) {
  test(`a message whose flags change each time it is to be read is pursued until it is measured (${io})`, async (t) => {
    const maildir = MaildirBuilder.in(t).put("cur/1700000001.a:2,", "a\n");
    let opened = 0;
    const restless = new FaultyFileSystem(createFileSystem({ io }), ({ method }) => {
      if (method !== "openRead" || ++opened > 4) return;
      const names = ["cur/1700000001.a:2,", "cur/1700000001.a:2,F"];
      maildir.rename(names[1 - (opened % 2)] ?? "", names[opened % 2] ?? "");
    });
    const rows = await visit(freshStore({ fs: restless }), maildir.root);
    assert.equal(opened, 5);
    assert.deepEqual(
      rows.map(({ octets }) => octets),
      [3],
    );
  });
}

test("where nothing can be learnt, the name's S counts, else 0", async (t) => {
  const maildir = MaildirBuilder.in(t).put("new/1700000001.a,S=41", "a\n").put("new/1700000002.b", "b\n");
  const failing = new FaultyFileSystem(disk, (call) => {
    failEach("openRead", "EIO")(call);
    if (call.path.includes("/new/")) failEach("lstat", "EIO")(call);
  });
  const rows = await visit(freshStore({ fs: failing }), maildir.root);
  assert.deepEqual(
    rows.map(({ octets }) => octets),
    [41, 0],
  );
});

test("a message that has become a symlink or a FIFO since it was listed is not followed and not waited for", async (t) => {
  const maildir = MaildirBuilder.in(t).put("new/1700000001.a,S=1,W=3", "a").put("new/1700000002.b", "b\n");
  const files = new FaultyFileSystem(disk, ({ method, path }) => {
    if (method !== "lstat" || !path.includes("1700000001")) return;
    fs.unlinkSync(maildir.octets("new/1700000001.a,S=1,W=3"));
    fs.unlinkSync(maildir.octets("new/1700000002.b"));
    fs.symlinkSync("/etc/passwd", maildir.octets("new/1700000001.a,S=1,W=3"));
    execFileSync("mkfifo", [`${maildir.root}/new/1700000002.b`]);
  });
  const rows = await visit(freshStore({ fs: files }), maildir.root);
  assert.deepEqual(
    rows.map(({ octets }) => octets > 20),
    [false, false],
  );
});

test("messages of any size are counted alike through a window of any size", async (t) => {
  const maildir = MaildirBuilder.in(t);
  const content = "one\r\ntwo\n\n\r\r\n.\nend";
  for (let length = 0; length <= content.length; length++) {
    maildir.put(`new/${1_700_000_000 + length}.x`, content.slice(0, length));
  }
  const expected = await visit(freshStore(), maildir.root);
  for (const window of [1, 2, 3, 5, 8]) {
    maildir.remove("postigo.index");
    assert.deepEqual(await visit(freshStore({ rule: plainRule(window) }), maildir.root), expected);
  }
});

test("names without a time are in the order of their files' times", async (t) => {
  const maildir = MaildirBuilder.in(t).put("cur/zebra.eml").put("cur/Report, January.eml").put("new/1700000000.a");
  const setTime = (path: string, seconds: number) => fs.utimesSync(maildir.octets(path), seconds, seconds);
  setTime("cur/zebra.eml", 1_600_000_000.25);
  setTime("cur/Report, January.eml", 1_800_000_000);
  const expected = ["cur/zebra.eml", "new/1700000000.a", "cur/Report, January.eml"];
  assert.deepEqual(
    (await visit(freshStore(), maildir.root)).map(({ path }) => path),
    expected,
  );
  assert.deepEqual(
    (await visit(freshStore(), maildir.root)).map(({ path }) => path),
    expected,
  );
});
