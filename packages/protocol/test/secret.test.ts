import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { format, inspect } from "node:util";
import { Secret } from "#protocol/secret";
import { octetsOf } from "./support/octets.js";

describe("a secret", () => {
  const secret = new Secret(octetsOf("tanstaaf"));
  const octetsAsNumbers = [...octetsOf("tanstaaf")].join(",");

  test("is revealed where it is asked for", () => assert.deepEqual(secret.reveal(), octetsOf("tanstaaf")));

  const forms: Record<string, string> = {
    "a text": `${secret}`,
    "a JSON document": JSON.stringify({ password: secret }),
    inspection: inspect({ password: secret }, { depth: 9, showHidden: true }),
    "a format": format("%s %o %j", secret, secret, secret),
    "an error": String(new Error("wrong", { cause: secret }).cause),
  };
  for (const [form, text] of Object.entries(forms)) {
    test(`is not printed by ${form}`, () => {
      assert.match(text, /\[secret\]/);
      assert.doesNotMatch(text, /tanstaaf/);
      assert.equal(text.includes(octetsAsNumbers), false);
    });
  }
  test("has no property that shows it", () => assert.deepEqual(Object.keys(secret), []));
});
