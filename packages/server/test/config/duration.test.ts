import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatDuration, parseDuration } from "#server/config/duration";

const GOOD: readonly (readonly [string, number])[] = [
  ["0s", 0],
  ["500ms", 500],
  ["3s", 3000],
  ["10m", 600_000],
  ["1h", 3_600_000],
  ["2d", 172_800_000],
  ["007s", 7000],
];

for (const [text, ms] of GOOD) {
  test(`${text} is ${ms} ms`, () => assert.equal(parseDuration(text), ms));
}

for (const text of [
  "",
  "10",
  "m",
  "1.5h",
  "-1s",
  "+1s",
  " 1s",
  "1s ",
  "1 s",
  "1S",
  "1w",
  "1h30m",
  "1e3s",
  "0x1s",
  "9999999999s",
]) {
  test(`"${text}" is no duration`, () => assert.equal(parseDuration(text), undefined));
}

test("a duration is printed in its largest exact unit", () => {
  for (const [ms, text] of [
    [600_000, "10m"],
    [90_000, "90s"],
    [1500, "1500ms"],
    [86_400_000, "1d"],
    [0, "0ms"],
  ] as const) {
    assert.equal(formatDuration(ms), text);
  }
});

test("what is printed reads back as the same span", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 900_000_000 }), (ms) => parseDuration(formatDuration(ms)) === ms));
});
