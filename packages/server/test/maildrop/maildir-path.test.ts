import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { type MaildirTemplate, parseMaildirTemplate } from "#server/maildrop/maildir-path";

const template = (text: string): MaildirTemplate => {
  const parsed = parseMaildirTemplate(text);
  if (parsed.type === "problem") throw new Error(parsed.what);
  return parsed;
};

const GOOD: { template: string; user: string; path: string; anchor: string }[] = [
  {
    template: "/v/%{domain}/%{local}/Maildir",
    user: "ann@example.org",
    path: "/v/example.org/ann/Maildir",
    anchor: "/v",
  },
  { template: "/v/%d/%n/Maildir", user: "ann@example.org", path: "/v/example.org/ann/Maildir", anchor: "/v" },
  { template: "/home/%u/Maildir", user: "ann", path: "/home/ann/Maildir", anchor: "/home" },
  { template: "/home/%{user}/Maildir", user: "a@b@c", path: "/home/a@b@c/Maildir", anchor: "/home" },
  { template: "/v/%d/%n", user: "a@b@c", path: "/v/c/a@b", anchor: "/v" },
  { template: "/home/%n", user: "ann", path: "/home/ann", anchor: "/home" },
  { template: "/v/mail-%n.d/M", user: "ann", path: "/v/mail-ann.d/M", anchor: "/v" },
  { template: "/100%%/%u", user: "ann", path: "/100%/ann", anchor: "/100%" },
  { template: "/%u", user: "ann", path: "/ann", anchor: "/" },
  { template: "//v//%u//", user: "ann", path: "/v/ann", anchor: "/v" },
  { template: "/srv/Maildir", user: "whoever", path: "/srv/Maildir", anchor: "/srv" },
  { template: "/v/.mail/%u", user: "ann", path: "/v/.mail/ann", anchor: "/v/.mail" },
  { template: "/v/%u", user: "Ünïcode ✉ %u", path: "/v/Ünïcode ✉ %u", anchor: "/v" },
  { template: "/v/%u", user: "x".repeat(255), path: `/v/${"x".repeat(255)}`, anchor: "/v" },
  { template: "/v/%u", user: "a.b..c", path: "/v/a.b..c", anchor: "/v" },
];

for (const { template: text, user, path, anchor } of GOOD) {
  test(`${text} for ${user.slice(0, 20)} is ${path.slice(0, 30)}`, () => {
    assert.equal(template(text).path(user), path);
    assert.equal(template(text).anchor, anchor);
  });
}

const NAMES_WITHOUT_MAILDROP: { template: string; user: string; why: string }[] = [
  { template: "/v/%u", user: "", why: "empty" },
  { template: "/v/%u", user: "..", why: "climbs" },
  { template: "/v/%u", user: ".", why: "stays" },
  { template: "/v/%u", user: ".hidden", why: "leading dot" },
  { template: "/v/%u", user: "a/b", why: "slash" },
  { template: "/v/%u", user: "/etc", why: "slash first" },
  { template: "/v/%u", user: "a\0b", why: "NUL" },
  { template: "/v/%u", user: "a\nb", why: "line end" },
  { template: "/v/%u", user: "a\x7fb", why: "DEL" },
  { template: "/v/%u", user: "a\x85b", why: "C1 control" },
  { template: "/v/%u", user: "a\ud800b", why: "lone surrogate" },
  { template: "/v/%u", user: "x".repeat(256), why: "256 octets" },
  { template: "/v/%u", user: "é".repeat(128), why: "256 octets in 128 characters" },
  { template: "/v/%u-mail", user: "x".repeat(251), why: "256 octets with what stands around" },
  { template: "/v/%d/%n", user: "ann", why: "no domain" },
  { template: "/v/%d/%n", user: "ann@", why: "empty domain" },
  { template: "/v/%d/%n", user: "@example.org", why: "empty local part" },
  { template: "/v/%d/%n", user: "ann@..", why: "domain climbs" },
  { template: "/v/%d/%n", user: "..@example.org", why: "local part climbs" },
  { template: "/v/%d/%n", user: "ann@../../etc", why: "domain climbs far" },
  { template: "/v/a%u", user: "..", why: "climbs behind a literal" },
  { template: `/v${"/%u".repeat(40)}`, user: "x".repeat(100), why: "path too long" },
];

for (const { template: text, user, why } of NAMES_WITHOUT_MAILDROP) {
  test(`${text.slice(0, 20)}: a name has no maildrop when it is: ${why}`, () => {
    assert.equal(template(text).path(user), undefined);
  });
}

const BAD_TEMPLATES: { text: string; what: RegExp }[] = [
  { text: "", what: /not absolute/ },
  { text: "mail/%u", what: /not absolute/ },
  { text: "/", what: /root directory/ },
  { text: "/v/../%u", what: /"\.\."/ },
  { text: "/v/./%u", what: /"\."/ },
  { text: "/v/%x", what: /"%x" is no variable/ },
  { text: "/v/%", what: /"%" is no variable/ },
  { text: "/v/%{}", what: /"%\{\}"/ },
  { text: "/v/%{home}", what: /"%\{home\}"/ },
  { text: "/v/%{user", what: /"%\{user" is no variable/ },
  { text: "/v/%{USER}", what: /"%\{USER\}"/ },
];

for (const { text, what } of BAD_TEMPLATES) {
  test(`the template "${text}" is refused with a remedy`, () => {
    const parsed = parseMaildirTemplate(text);
    assert.ok(parsed.type === "problem");
    assert.match(parsed.what, what);
    assert.notEqual(parsed.remedy, "");
  });
}

test("no name, however hostile, leads out of the spool or to its root", () => {
  const piece = fc.constantFrom(
    "..",
    ".",
    "/",
    "\\",
    "\0",
    "@",
    "%u",
    "%{user}",
    "ann",
    "\n",
    "\ud800",
    "~",
    "$HOME",
    "..\u2215",
  );
  const hostile = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join("")),
  );
  const templates = ["/spool/%d/%n/Maildir", "/spool/%u", "/spool/%{local}", "/spool/x%n/y%d"].map(template);
  fc.assert(
    fc.property(hostile, fc.constantFrom(...templates), (user, { path, anchor }) => {
      const found = path(user);
      if (found === undefined) return;
      assert.equal(resolve(found), found, "nothing in it is resolved away");
      assert.ok(found.startsWith(`${anchor}/`) && found.length > anchor.length + 1);
      assert.ok(!found.includes("\0"));
      assert.ok(found.split("/").every((part) => Buffer.byteLength(part) <= 255));
    }),
    { numRuns: 2000 },
  );
});

test("two names never share a maildrop of a template that holds the whole name", () => {
  const { path } = template("/spool/%d/%n");
  fc.assert(
    fc.property(fc.emailAddress(), fc.emailAddress(), (one, other) => {
      if (one !== other && path(one) !== undefined) assert.notEqual(path(one), path(other));
    }),
  );
});
