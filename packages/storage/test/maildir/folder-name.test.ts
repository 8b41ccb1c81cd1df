import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { maildirFolder } from "#storage/maildir/folder-name";

const GOOD = [
  ["Work", ".Work"],
  ["Work.Invoices", ".Work.Invoices"],
  ["a b", ".a b"],
  ["C++", ".C++"],
  ["..".replaceAll(".", "-"), ".--"],
  ["Entwürfe", ".Entw&APw-rfe"],
  ["Entw&APw-rfe", ".Entw&APw-rfe"],
  // RFC 3501 §5.1.3
  ["~peter.mail.台北.日本語", ".~peter.mail.&U,BTFw-.&ZeVnLIqe-"],
  ["R&D é", ".R&-D &AOk-"],
  ["😀", ".&2D3eAA-"],
  ["x".repeat(254), `.${"x".repeat(254)}`],
] as const;

for (const [name, entry] of GOOD) {
  test(`RFC 3501 §5.1.3, Maildir++: the folder ${JSON.stringify(name.slice(0, 30))} is ${entry.slice(0, 40)}`, () => {
    assert.equal(maildirFolder("/m", name), `/m/${entry}`);
  });
}

for (const name of ["INBOX", "inbox", "Inbox"]) {
  test(`${name} is the Maildir itself`, () => assert.equal(maildirFolder("/m", name), "/m"));
}

for (const name of [
  ...["", ".", "..", "...", ".Work", "Work.", "Work..Old", "../ben", "Work/../../ben", "/etc", "a/b", "a\0b", "a\nb"],
  ...["\ud800", "a\u0085b", "x".repeat(255), "é".repeat(200)],
]) {
  test(`${JSON.stringify(name.slice(0, 30))} is the name of no folder`, () => {
    assert.equal(maildirFolder("/m", name), undefined);
  });
}

test("a path that is too long for the files in it is none", () => {
  assert.equal(maildirFolder(`/${"m".repeat(4000)}`, "Work"), undefined);
});

test("no name leads out of the Maildir", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (name) => {
      const path = maildirFolder("/m", name);
      return path === undefined || path === "/m" || /^\/m\/\.[^./][^/]*$/.test(path);
    }),
  );
});
