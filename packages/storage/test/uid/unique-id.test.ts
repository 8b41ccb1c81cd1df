import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { uniqueIdOf } from "#storage/uid/unique-id";

const digest = (name: string): string => createHash("sha256").update(Buffer.from(name, "latin1")).digest("base64url");

const OWN = [
  "1700000000.M5P6.host",
  "1700000000.V801I1a2bM567890.mail.example.org",
  "!",
  "~",
  "x".repeat(70),
  "-rf",
  "a/b",
  "a".repeat(42),
  "a".repeat(44),
  `${"a".repeat(42)}.`,
];

for (const name of OWN) {
  test(`RFC 1939 §7: ${JSON.stringify(name)} is its own unique-id`, () => assert.equal(uniqueIdOf(name), name));
}

const DIGESTED = [
  "",
  " ",
  "a b",
  "a\nb",
  "caf\xe9",
  "\x7f",
  "\0",
  "x".repeat(71),
  "a".repeat(43),
  `${"_-".repeat(21)}A`,
];

for (const name of DIGESTED) {
  test(`RFC 1939 §7: the unique-id of ${JSON.stringify(name)} is a digest`, () => {
    assert.equal(uniqueIdOf(name), digest(name));
  });
}

test("no name can take the unique-id that another was given", () => {
  const taken = uniqueIdOf("caf\xe9");
  assert.notEqual(uniqueIdOf(taken), taken);
});

test("RFC 1939 §7: any name has a unique-id of 1–70 octets of 0x21–0x7E, and two names have two", () => {
  const name = fc.oneof(
    fc.string({ unit: "binary", maxLength: 255 }).map((text) => Buffer.from(text).toString("latin1")),
    fc.base64String({ minLength: 40, maxLength: 48 }),
    fc.string({ minLength: 60, maxLength: 80 }),
  );
  fc.assert(
    fc.property(name, name, (a, b) => {
      assert.match(uniqueIdOf(a), /^[\x21-\x7e]{1,70}$/);
      assert.equal(uniqueIdOf(a) === uniqueIdOf(b), a === b);
      assert.notEqual(uniqueIdOf(uniqueIdOf(a)), a === uniqueIdOf(a) ? "" : uniqueIdOf(a));
    }),
  );
});
