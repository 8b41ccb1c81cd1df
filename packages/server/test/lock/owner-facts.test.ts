import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatOwner, parseOwner } from "#server/lock/owner-facts";
import { ownerWith } from "../support/lock-fixture.js";

test("any facts come back as they were written, in one line", () => {
  const text = fc.string({ unit: "binary" });
  const facts = fc.record({
    machine: text,
    bootId: text,
    since: text,
    host: text,
    pid: fc.integer({ min: 1, max: 2 ** 22 }),
  });
  fc.assert(
    fc.property(facts, (some) => {
      const owner = ownerWith(some);
      const line = formatOwner(owner);
      assert.equal(line.indexOf("\n"), line.length - 1);
      assert.deepEqual(parseOwner(line), owner);
    }),
  );
});

const BAD: { name: string; text: string | undefined }[] = [
  { name: "nothing", text: undefined },
  { name: "no octets", text: "" },
  { name: "null", text: "null" },
  { name: "a number", text: "7" },
  { name: "a list", text: "[]" },
  { name: "no fields", text: "{}" },
  { name: "two objects", text: formatOwner(ownerWith({})).repeat(2) },
  { name: "a fraction of a process", text: JSON.stringify({ ...ownerWith({}), pid: 1.5 }) },
  { name: "process 0, which would be our own process group", text: JSON.stringify({ ...ownerWith({}), pid: 0 }) },
  { name: "process -1, which would be every process", text: JSON.stringify({ ...ownerWith({}), pid: -1 }) },
  {
    name: "a process number that is no integer any more",
    text: formatOwner(ownerWith({})).replace(/"pid":\d+/, '"pid":1e300'),
  },
  { name: "an empty token", text: formatOwner(ownerWith({ token: "" })) },
  { name: "a missing field", text: formatOwner(ownerWith({})).replace('"bootId"', '"bootID"') },
  { name: "a prototype in the place of fields", text: '{"__proto__":{"token":"x"}}' },
];

for (const { name, text } of BAD) {
  test(`${name} is no owner`, () => assert.equal(parseOwner(text), undefined));
}

test("no text makes the parser throw, and a cut file is never taken for a whole one", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parseOwner(text)));
  const whole = formatOwner(ownerWith({}));
  for (let length = 0; length < whole.length - 1; length++) assert.equal(parseOwner(whole.slice(0, length)), undefined);
});
