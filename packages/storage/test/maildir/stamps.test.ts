import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isSettled, readStamps, type Stamps, sameStamps } from "#storage/maildir/stamps";
import { MaildirBuilder } from "../support/maildir-builder.js";
import { disk } from "../support/store-fixture.js";

const AT_MS = 1_700_000_000_000;
const AT_NS = BigInt(AT_MS) * 1_000_000n;
const folder = { device: 1n, inode: 2n, mtimeNs: AT_NS, ctimeNs: AT_NS };
const stamps = { new: folder, cur: folder };

for (const field of ["device", "inode", "mtimeNs", "ctimeNs"] as const) {
  for (const which of ["new", "cur"] as const) {
    test(`another ${field} of ${which}/ is another stamp`, () => {
      const other: Stamps = { ...stamps, [which]: { ...folder, [field]: folder[field] + 1n } };
      assert.ok(!sameStamps(stamps, other));
      assert.ok(sameStamps(stamps, { ...stamps }));
    });
  }
}

const SETTLED = [
  ["a listing two seconds after the last change", AT_MS + 2_000, true],
  ["a listing just under two seconds after it", AT_MS + 1_999, false],
  ["a listing at the moment of the change", AT_MS, false],
  ["a listing before the change: the stamp lies in the future", AT_MS - 60_000, false],
  ["a listing an hour later", AT_MS + 3_600_000, true],
] as const;

for (const [what, began, expected] of SETTLED) {
  test(`${what} is ${expected ? "" : "not "}trusted`, () => assert.equal(isSettled(stamps, began), expected));
}

test("each of the four times counts", () => {
  for (const which of ["new", "cur"] as const) {
    for (const field of ["mtimeNs", "ctimeNs"] as const) {
      const late: Stamps = { ...stamps, [which]: { ...folder, [field]: AT_NS + 1n } };
      assert.ok(!isSettled(late, AT_MS + 2_000));
    }
  }
});

test("anything that happens in a folder changes its stamps", (t) => {
  const maildir = MaildirBuilder.in(t).put("new/1.a").put("cur/2.b:2,");
  const read = () => readStamps(disk, maildir.root) as Stamps;
  const acts: (() => void)[] = [
    () => maildir.put("new/3.c"),
    () => maildir.rename("cur/2.b:2,", "cur/2.b:2,S"),
    () => maildir.remove("cur/2.b:2,S"),
    () => maildir.rename("new/1.a", "cur/1.a:2,"),
    () => fs.chmodSync(join(maildir.root, "new"), 0o700),
  ];
  for (const act of acts) {
    maildir.settle();
    const before = read();
    act();
    assert.ok(!sameStamps(before, read()), act.toString());
  }
});

test("there are no stamps unless both folders are directories", (t) => {
  const maildir = MaildirBuilder.in(t);
  fs.rmdirSync(join(maildir.root, "cur"));
  assert.equal(readStamps(disk, maildir.root), undefined);
  fs.writeFileSync(join(maildir.root, "cur"), "");
  assert.equal(readStamps(disk, maildir.root), undefined);
});
