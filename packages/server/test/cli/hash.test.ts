import assert from "node:assert/strict";
import { test } from "node:test";
import { HASHABLE_SCHEMES } from "#server/auth/schemes/hash-password";
import { parseStoredSecret } from "#server/auth/schemes/scheme-table";
import { call, postigo } from "./support.js";

const verifies = async (hash: string, password: string): Promise<boolean> => {
  const parsed = parseStoredSecret(hash);
  assert.equal(parsed.type, "secret", hash);
  return parsed.type === "secret" && parsed.secret.verify(Buffer.from(password));
};

test("the default is ARGON2ID, and what is printed proves the password", async () => {
  const { code, out, err } = await postigo(["hash"], { input: "sekrit\n" });
  assert.equal(code, 0);
  assert.equal(err, "");
  assert.match(out, /^\{ARGON2ID\}\$argon2id\$\S+\n$/);
  assert.ok(await verifies(out.trim(), "sekrit"));
  assert.ok(!(await verifies(out.trim(), "sekri")));
});

for (const scheme of HASHABLE_SCHEMES) {
  test(`--scheme ${scheme} prints {${scheme}} and proves the password`, async () => {
    const { code, out, err } = await call(["hash", "-s", scheme.toLowerCase()], "s\u00e9kr it");
    assert.equal(code, 0, err);
    assert.ok(out.startsWith(`{${scheme}}`));
    assert.ok(await verifies(out.trim(), "s\u00e9kr it"));
  });
}

const ENDS: readonly (readonly [string, string])[] = [
  ["sekrit", "sekrit"],
  ["sekrit\n", "sekrit"],
  ["sekrit\r\n", "sekrit"],
  [" sekrit \n", " sekrit "],
  ["sekrit\nsecond line\n", "sekrit"],
];

for (const [input, password] of ENDS) {
  test(`from ${JSON.stringify(input)} the password is ${JSON.stringify(password)}`, async () => {
    const { out } = await call(["hash", "-s", "SSHA512"], input);
    assert.ok(await verifies(out.trim(), password));
  });
}

const REFUSED: readonly { readonly name: string; readonly input: string; readonly says: RegExp }[] = [
  { name: "no password", input: "", says: /the password is empty; choose another/ },
  { name: "an empty line", input: "\n", says: /the password is empty/ },
  { name: "a NUL", input: "a\0b", says: /holds a NUL/ },
  {
    name: "far more than a password",
    input: "x".repeat(100_000),
    says: /standard input holds far more than a password/,
  },
];

for (const { name, input, says } of REFUSED) {
  test(`${name} ends with 64 and is not repeated`, async () => {
    const { code, out, err } = await call(["hash", "-s", "SSHA512"], input);
    assert.equal(code, 64);
    assert.equal(out, "");
    assert.match(err, says);
    assert.ok(input.length < 2 || !err.includes(input));
  });
}
