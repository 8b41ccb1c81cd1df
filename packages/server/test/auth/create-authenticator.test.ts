import assert from "node:assert/strict";
import { test } from "node:test";
import type { AccountSource } from "#server/auth/account-source";
import { benchOver, PEER, password, sourceOf } from "./support/authenticator-bench.js";

const LINES = ["bob:{PLAIN}s3cret:5000:5000::/home/bob::maildir=Maildir", "ana@example.org:{PLAIN} una  contraseña "];
const ACCEPTED = { type: "accepted", account: { name: "bob", maildir: "/home/bob/Maildir" } };

test("USER/PASS against a password in plain text is answered at once, without a promise", () => {
  assert.deepEqual(benchOver(LINES).authenticator.begin(password("bob", "s3cret"), PEER).next(), ACCEPTED);
});

const CASES = [
  {
    name: "spaces in and around the password (D20)",
    user: "ana@example.org",
    text: " una  contraseña ",
    why: undefined,
  },
  { name: "the spaces left out", user: "ana@example.org", text: "una contraseña", why: "wrong-credentials" },
  { name: "a wrong password", user: "bob", text: "S3cret", why: "wrong-credentials" },
  { name: "an empty password", user: "bob", text: "", why: "wrong-credentials" },
  { name: "a NUL behind the password", user: "bob", text: "s3cret\0", why: "wrong-credentials" },
  { name: "a name in another case", user: "Bob", text: "s3cret", why: "unknown-user" },
  { name: "a name that is a key of objects", user: "__proto__", text: "s3cret", why: "unknown-user" },
  { name: "an empty name", user: "", text: "s3cret", why: "forbidden-name" },
  { name: "a name with a slash", user: "x/../bob", text: "s3cret", why: "forbidden-name" },
  { name: "a name with a NUL", user: "bob\0", text: "s3cret", why: "forbidden-name" },
  { name: "a name of dots", user: "..", text: "s3cret", why: "forbidden-name" },
] as const;

for (const { name, user, text, why } of CASES) {
  test(`USER/PASS with ${name}: ${why ?? "accepted"}`, async () => {
    const step = await benchOver(LINES).authenticator.begin(password(user, text), PEER).next();
    if (why === undefined) assert.equal(step.type, "accepted");
    else assert.deepEqual(step, { type: "rejected", user, why });
  });
}

test("RFC 4013 §2: a password sent in another Unicode form fits the one that is stored", async () => {
  const { authenticator } = benchOver(["ana:{PLAIN}\u00f1"]);
  assert.equal((await authenticator.begin(password("ana", "n\u0303"), PEER).next()).type, "accepted");
});

const KEYED = [
  "{CRAM-MD5}e02d374fde0dc75a17a557039a3a5338c7743304777dccd376f332bee68d2cf6",
  "{PBKDF2}$1$bUnT4Pl7yFtYX0KU$5000$50a83cafdc517b9f46519415e53c6a858908680a",
];
for (const stored of KEYED) {
  test(`a NUL behind the password is not lost in the key of an HMAC: ${stored.slice(0, 10)}`, async () => {
    const { authenticator } = benchOver([`bob:${stored}`]);
    assert.equal((await authenticator.begin(password("bob", "test"), PEER).next()).type, "accepted");
    assert.equal((await authenticator.begin(password("bob", "test\0"), PEER).next()).type, "rejected");
  });
}

const broken: AccountSource = {
  find() {
    throw new Error("no connection");
  },
  secrets: () => [],
};

test("sources are asked in order, and the first that knows a name decides", async () => {
  const { authenticator } = benchOver([], {
    sources: [sourceOf(["bob:{PLAIN}one"]), sourceOf(["bob:{PLAIN}two", "ana:{PLAIN}x"]), broken],
  });
  assert.equal((await authenticator.begin(password("bob", "one"), PEER).next()).type, "accepted");
  assert.equal((await authenticator.begin(password("bob", "two"), PEER).next()).type, "rejected");
  assert.equal((await authenticator.begin(password("ana", "x"), PEER).next()).type, "accepted");
});

test("RFC 3206 §3: a source that throws makes the login unavailable, never an unknown user", async () => {
  const { authenticator } = benchOver([], { sources: [sourceOf(LINES), broken] });
  const step = await authenticator.begin(password("nobody", "x"), PEER).next();
  assert.deepEqual([step.type, "user" in step && step.user], ["unavailable", "nobody"]);
});

test("a source that answers with a name that could leave the spool lets nobody in", async () => {
  const [bob] = [await sourceOf(LINES).find("bob")];
  assert.ok(bob);
  const alias: AccountSource = { find: () => ({ ...bob, name: "../bob" }), secrets: () => [] };
  const step = await benchOver([], { sources: [alias] })
    .authenticator.begin(password("bob", "s3cret"), PEER)
    .next();
  assert.deepEqual(step, { type: "rejected", user: "bob", why: "forbidden-name" });
});

test("an account kept in a form this host does not know is misconfigured, not a wrong password", async () => {
  const { authenticator } = benchOver(["bob:{CRYPT}$7$0123456789"]);
  const step = await authenticator.begin(password("bob", "x"), PEER).next();
  assert.equal(step.type, "misconfigured");
});
