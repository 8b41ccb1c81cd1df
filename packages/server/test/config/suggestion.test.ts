import assert from "node:assert/strict";
import { test } from "node:test";
import { nearest, suggestion } from "#server/config/suggestion";

const WORDS = ["listen", "limits", "timeouts", "tls", "per_address"];

const ROWS: readonly { readonly typed: string; readonly meant: string | undefined }[] = [
  { typed: "lsten", meant: "listen" },
  { typed: "litsen", meant: "listen" },
  { typed: "Listen", meant: "listen" },
  { typed: "listen", meant: "listen" },
  { typed: "limit", meant: "limits" },
  { typed: "tsl", meant: "tls" },
  { typed: "per-address", meant: "per_address" },
  { typed: "peraddress", meant: "per_address" },
  { typed: "timeout", meant: "timeouts" },
  { typed: "spool", meant: undefined },
  { typed: "", meant: undefined },
  { typed: "x", meant: undefined },
  { typed: "listen".repeat(10_000), meant: undefined },
];

for (const { typed, meant } of ROWS) {
  test(`"${typed.slice(0, 20)}" is taken for ${meant ?? "nothing that is known"}`, () => {
    assert.equal(nearest(typed, WORDS), meant);
  });
}

test("the nearest of several wins, the first of equals", () => {
  assert.equal(nearest("cat", ["car", "cats", "cat"]), "cat");
  assert.equal(nearest("caz", ["car", "cat"]), "car");
});

test("a suggestion is a question, or nothing", () => {
  assert.equal(suggestion("lsten", WORDS), ' (did you mean "listen"?)');
  assert.equal(suggestion("banana", WORDS), "");
});
