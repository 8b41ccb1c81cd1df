import assert from "node:assert/strict";
import { test } from "node:test";
import { Progress } from "#server/cli/progress";

const run = (total: number, errIsTerminal: boolean, stepMs = 1000): string => {
  let text = "";
  let now = 0;
  const err = (piece: string): void => {
    text += piece;
  };
  const terminal = { errIsTerminal, err };
  const progress = new Progress(terminal, { monotonic: () => now }, { total, what: "maildrops" });
  for (let step = 0; step < total; step++, now += stepMs) progress.step();
  progress.end();
  return text;
};

test("elsewhere than on a terminal there is a line for each tenth", () => {
  const lines = run(400, false).trimEnd().split("\n");
  assert.equal(lines.length, 10);
  assert.deepEqual([lines[0], lines[9]], ["40 of 400 maildrops", "400 of 400 maildrops"]);
});

test("on a terminal a bar is drawn over itself, and is gone at the end", () => {
  const drawn = run(4, true).split("\r\x1b[K");
  assert.equal(drawn[2], `[${"#".repeat(20)}${".".repeat(20)}] 2 of 4 maildrops`);
  assert.equal(drawn.at(-1), "");
});

test("the bar is drawn ten times a second at most", () => {
  assert.equal(run(1000, true, 1).match(/of 1000/g)?.length, 10);
});

test("a single thing has no progress", () => {
  assert.equal(run(1, true) + run(1, false), "");
});
