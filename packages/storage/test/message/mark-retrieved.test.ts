import assert from "node:assert/strict";
import * as fs from "node:fs";
import { type TestContext, test } from "node:test";
import { createFileSystem } from "#storage/ports/node-file-system";
import { actAt, FaultyFileSystem, failAt, failEach, type Interference } from "../support/faulty-file-system.js";
import { MaildirBuilder } from "../support/maildir-builder.js";
import { IO_MODES, maildropOver } from "../support/maildrop-fixture.js";

interface World {
  readonly io: "sync" | "async";
  readonly paths: readonly string[];
  readonly interfere?: (maildir: MaildirBuilder) => Interference;
}

function worldIn(t: TestContext, { io, paths, interfere }: World) {
  const maildir = MaildirBuilder.in(t);
  for (const path of paths) maildir.put(path, path);
  const files = new FaultyFileSystem(createFileSystem({ io }), interfere?.(maildir));
  return { maildir, files, ...maildropOver(maildir, paths, { fs: files }) };
}

const MARKS = [
  { from: "new/1.M1.h", to: "cur/1.M1.h:2,S" },
  { from: "new/1.M1.h,S=10,W=11", to: "cur/1.M1.h,S=10,W=11:2,S" },
  { from: "cur/1.M1.h:2,", to: "cur/1.M1.h:2,S" },
  { from: "cur/1.M1.h", to: "cur/1.M1.h:2,S" },
  { from: "cur/1.M1.h:2,FR", to: "cur/1.M1.h:2,FRS" },
  { from: "cur/1.M1.h:2,DT", to: "cur/1.M1.h:2,DST" },
  { from: "cur/1.M1.h:2,Tab", to: "cur/1.M1.h:2,STab" },
  { from: "new/1.M1.h:2,F", to: "cur/1.M1.h:2,FS" },
  { from: "new/1.M1.h:2,S", to: "cur/1.M1.h:2,S" },
  { from: "new/1.M\xff\x80.h\xf6st", to: "cur/1.M\xff\x80.h\xf6st:2,S" },
];
const UNTOUCHED = [
  { name: "it has S already", path: "cur/1.M1.h:2,S" },
  { name: "it has S among others", path: "cur/1.M1.h:2,FST" },
  { name: "its info is of an experimental kind", path: "cur/1.M1.h:1,experiment" },
  { name: "so is that of a file in new/", path: "new/1.M1.h:1,S" },
  { name: "its info is of an unknown kind", path: "cur/1.M1.h:3,S" },
  { name: "its flags are no letters", path: "cur/1.M1.h:2,F;x=1" },
];

for (const io of IO_MODES) {
  for (const { from, to } of MARKS) {
    test(`${io}: ${from} becomes ${to} when it was retrieved, and stays open to the session`, async (t) => {
      const { maildir, maildrop, learnt } = worldIn(t, { io, paths: [from] });
      await maildrop.markRetrieved([0]);
      assert.deepEqual(maildir.paths(), [to]);
      assert.equal(maildir.read(to), from);
      assert.equal(typeof (await maildrop.open(0, new Uint8Array(100))), "object");
      assert.deepEqual(learnt.troubles, []);
    });
  }

  for (const { name, path } of UNTOUCHED) {
    test(`${io}: ${path} is left as it is at no cost, since ${name}`, async (t) => {
      const { maildir, maildrop, files } = worldIn(t, { io, paths: [path] });
      await maildrop.markRetrieved([0]);
      assert.deepEqual(maildir.paths(), [path]);
      assert.deepEqual(files.calls, []);
    });
  }

  test(`${io}: messages not retrieved are not touched`, async (t) => {
    const { maildir, maildrop } = worldIn(t, { io, paths: ["new/1.M1.h", "new/2.M2.h", "cur/3.M3.h:2,"] });
    await maildrop.markRetrieved([1, 1]);
    assert.deepEqual(maildir.paths(), ["cur/2.M2.h:2,S", "cur/3.M3.h:2,", "new/1.M1.h"]);
  });

  test(`${io}: flags that another program has set meanwhile are kept`, async (t) => {
    const { maildir, maildrop } = worldIn(t, { io, paths: ["new/1.M1.h", "cur/2.M2.h:2,"] });
    maildir.rename("new/1.M1.h", "cur/1.M1.h:2,F").rename("cur/2.M2.h:2,", "cur/2.M2.h:2,RS");
    await maildrop.markRetrieved([0, 1]);
    assert.deepEqual(maildir.paths(), ["cur/1.M1.h:2,FS", "cur/2.M2.h:2,RS"]);
  });

  test(`${io}: a message that is gone is no trouble`, async (t) => {
    const { maildir, maildrop, learnt } = worldIn(t, { io, paths: ["new/1.M1.h", "new/2.M2.h"] });
    maildir.remove("new/1.M1.h");
    await maildrop.markRetrieved([0, 1]);
    assert.deepEqual(maildir.paths(), ["cur/2.M2.h:2,S"]);
    assert.deepEqual(learnt.troubles, []);
  });

  const OBSTACLES: readonly { name: string; put: (maildir: MaildirBuilder) => void }[] = [
    { name: "a file", put: (maildir) => maildir.put("cur/1.M1.h:2,S", "another") },
    { name: "a folder", put: (maildir) => fs.mkdirSync(maildir.octets("cur/1.M1.h:2,S")) },
    { name: "a dangling symlink", put: (maildir) => fs.symlinkSync("nowhere", maildir.octets("cur/1.M1.h:2,S")) },
  ];
  for (const { name, put } of OBSTACLES) {
    test(`${io}: ${name} that stands under the new name is not replaced`, async (t) => {
      const { maildir, maildrop } = worldIn(t, { io, paths: ["new/1.M1.h"] });
      put(maildir);
      await maildrop.markRetrieved([0]);
      assert.deepEqual(maildir.paths(), ["cur/1.M1.h:2,S", "new/1.M1.h"]);
      assert.equal(maildir.read("new/1.M1.h"), "new/1.M1.h");
    });
  }

  test(`${io}: a folder under the name of a message is not moved`, async (t) => {
    const { maildir, maildrop } = worldIn(t, { io, paths: ["new/1.M1.h"] });
    maildir.remove("new/1.M1.h");
    fs.mkdirSync(maildir.octets("new/1.M1.h"));
    await maildrop.markRetrieved([0]);
    assert.deepEqual(maildir.paths(), ["new/1.M1.h"]);
  });

  test(`${io}: a fault leaves the message as it is, the others are marked, and the first is reported`, async (t) => {
    for (const errno of ["EACCES", "EIO", "EROFS", "ENOSPC"]) {
      const paths = ["new/1.M1.h", "new/2.M2.h", "new/3.M3.h"];
      const interfere = () => failEach("rename", errno, "2.M2.h");
      const { maildir, maildrop, learnt } = worldIn(t, { io, paths, interfere });
      await maildrop.markRetrieved([0, 1, 2]);
      assert.deepEqual(maildir.paths(), ["cur/1.M1.h:2,S", "cur/3.M3.h:2,S", "new/2.M2.h"]);
      assert.deepEqual(
        learnt.troubles.map(({ code, cause }) => [code, (cause as NodeJS.ErrnoException).code]),
        [["MARK_FAILED", errno]],
      );
    }
  });

  test(`${io}: whatever fails at whatever call, no message is lost and nothing is thrown`, async (t) => {
    const paths = ["new/1.M1.h", "cur/2.M2.h:2,F", "new/3.M3.h"];
    for (const errno of ["EIO", "EMFILE", "ENOENT", "EEXIST"]) {
      for (let index = 0; index < 14; index++) {
        const { maildir, maildrop } = worldIn(t, { io, paths, interfere: () => failAt(index, errno) });
        await maildrop.markRetrieved([0, 1, 2]);
        assert.deepEqual(
          maildir
            .paths()
            .map((path) => maildir.read(path))
            .sort(),
          [...paths].sort(),
        );
      }
    }
  });

  test(`${io}: whenever another program sets a flag or deletes, only its own deeds and ours are seen`, async (t) => {
    const paths = ["new/1.M1.h", "cur/2.M2.h:2,F"];
    for (let index = 0; index < 10; index++) {
      const flag = (maildir: MaildirBuilder) =>
        actAt(index, () => {
          for (const path of maildir.paths()) maildir.rename(path, `cur/${path.slice(4).replace(/:.*$/, "")}:2,T`);
        });
      const flagged = worldIn(t, { io, paths, interfere: flag });
      await flagged.maildrop.markRetrieved([0, 1]);
      assert.deepEqual(
        flagged.maildir.paths().map((path) => path.replace(/:.*$/, "")),
        ["cur/1.M1.h", "cur/2.M2.h"],
      );
      const remove = (maildir: MaildirBuilder) =>
        actAt(index, () => {
          for (const path of maildir.paths()) if (path.includes("2.M2")) maildir.remove(path);
        });
      const removed = worldIn(t, { io, paths, interfere: remove });
      await removed.maildrop.markRetrieved([0, 1]);
      assert.equal(removed.maildir.paths().at(0), "cur/1.M1.h:2,S");
    }
  });

  test(`${io}: folders that cannot be searched are a trouble, not an error`, async (t) => {
    const { maildir, maildrop, learnt } = worldIn(t, {
      io,
      paths: ["new/1.M1.h"],
      interfere: () => failEach("list", "EACCES"),
    });
    maildir.rename("new/1.M1.h", "cur/1.M1.h:2,F");
    await maildrop.markRetrieved([0]);
    assert.deepEqual(maildir.paths(), ["cur/1.M1.h:2,F"]);
    assert.deepEqual(
      learnt.troubles.map(({ code }) => code),
      ["MARK_FAILED"],
    );
  });
}
