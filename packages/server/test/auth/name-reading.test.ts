import assert from "node:assert/strict";
import { test } from "node:test";
import { ACCOUNTS_ONLY, plainNameOf, readingsOf } from "#server/auth/name-reading";

const FORMS = { folderSeparator: "+", recent: true };

/** `user`, `user+folder`, with `recent:` before it. */
const told = (name: string, forms = FORMS) =>
  readingsOf(name, forms).map(
    ({ user, folder, isRecent }) => `${isRecent ? "recent " : ""}${user}${folder === undefined ? "" : ` in ${folder}`}`,
  );

for (const [name, readings, plain] of [
  ["ana", ["ana"], "ana"],
  ["ana+Work", ["ana+Work", "ana in Work"], "ana"],
  ["ana@example.org+Work.Old", ["ana@example.org+Work.Old", "ana@example.org in Work.Old"], "ana@example.org"],
  ["a+b+Work", ["a+b+Work", "a+b in Work", "a in b+Work"], "a"],
  ["recent:ana", ["recent:ana", "recent ana"], "ana"],
  ["recent:ana+Work", ["recent:ana+Work", "recent ana+Work", "recent ana in Work"], "ana"],
  ["+Work", ["+Work"], "+Work"],
  ["ana+", ["ana+", "ana in "], "ana"],
  ["a+1+2+3+4+5", ["a+1+2+3+4+5", "a+1+2+3+4 in 5", "a+1+2+3 in 4+5", "a+1+2 in 3+4+5", "a+1 in 2+3+4+5"], "a"],
  ["RECENT:ana", ["RECENT:ana"], "RECENT:ana"],
] as const) {
  test(`${name} may mean ${readings.join(", or ")}`, () => {
    assert.deepEqual(told(name), readings);
    assert.equal(plainNameOf(name, FORMS), plain);
  });
}

test("where neither folders nor views are served a name is the name of an account", () => {
  for (const name of ["ana", "ana+Work", "recent:ana+Work"]) {
    assert.deepEqual(readingsOf(name, ACCOUNTS_ONLY), [{ user: name, folder: undefined, isRecent: false }]);
    assert.equal(plainNameOf(name, ACCOUNTS_ONLY), name);
  }
});
