import assert from "node:assert/strict";
import { test } from "node:test";
import { absolutePath, absoluteTemplate } from "#server/config/absolute-path";

const TEMPLATES: readonly (readonly [string, string])[] = [
  ["/var/mail/%u", "/var/mail/%u"],
  ["mail/%u", "/etc/postigo/mail/%u"],
  ["%u", "/etc/postigo/%u"],
  ["%u/Maildir/", "/etc/postigo/%u/Maildir/"],
  ["../mail/%d/%n", "/etc/mail/%d/%n"],
  ["./mail-%d/%n", "/etc/postigo/mail-%d/%n"],
  ["mail", "/etc/postigo/mail"],
  ["/var/mail", "/var/mail"],
  ["/%u", "/%u"],
];

for (const [written, absolute] of TEMPLATES) {
  test(`the template ${written} means ${absolute}`, () =>
    assert.equal(absoluteTemplate("/etc/postigo", written), absolute));
}

test("a .. behind a variable is left for the template to refuse", () => {
  assert.equal(absoluteTemplate("/etc", "/var/%u/../x"), "/var/%u/../x");
});

test("a path is absolute from the folder on", () => {
  assert.equal(absolutePath("/etc/postigo", "users"), "/etc/postigo/users");
  assert.equal(absolutePath("/etc/postigo", "../users"), "/etc/users");
  assert.equal(absolutePath("/etc/postigo", "/a//b/"), "/a/b/");
});
