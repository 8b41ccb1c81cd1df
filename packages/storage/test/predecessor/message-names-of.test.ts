import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createFileSystem } from "#storage/ports/node-file-system";
import { messageNamesOf } from "#storage/predecessor/message-names-of";
import { qmailIdsOf } from "#storage/predecessor/qmail-names";
import { temporaryDirectory } from "../support/maildir-builder.js";

test("names of new/ and cur/ are told without info, one for each message, and qmail's ids are these", async (t) => {
  const root = temporaryDirectory(t);
  for (const folder of ["new", "cur"]) fs.mkdirSync(join(root, folder));
  for (const name of ["new/1.a,S=5", "cur/2.b:2,S", "cur/\xff c:2,", "cur/.hidden"]) {
    fs.writeFileSync(Buffer.from(join(root, name), "latin1"), "x");
  }
  fs.mkdirSync(join(root, "cur/folder"));
  const names = await messageNamesOf(createFileSystem({ io: "sync" }), root);
  const expected = [
    { uniqueName: "1.a", uniqueId: "1.a,S=5", order: undefined },
    { uniqueName: "2.b", uniqueId: "2.b", order: undefined },
    { uniqueName: "\xff c", uniqueId: "\xff c", order: undefined },
  ];
  const byName = (a: { uniqueName: string }, b: { uniqueName: string }): number =>
    a.uniqueName < b.uniqueName ? -1 : 1;
  assert.deepEqual([...qmailIdsOf(names)].sort(byName), expected);
});

test("a folder that cannot be listed is an error, not an empty maildrop", async (t) => {
  const root = temporaryDirectory(t);
  fs.mkdirSync(join(root, "new"));
  await assert.rejects(messageNamesOf(createFileSystem({ io: "sync" }), root), { code: "ENOENT" });
});
