import assert from "node:assert/strict";
import { test } from "node:test";
import { type MessageRow, renderRows } from "#server/cli/message-rows";

const row = (number: number): MessageRow => ({
  number,
  octets: number * 10,
  uniqueId: `u${number}`,
  flags: "S",
  file: `cur/${number}`,
});

test("a terminal gets a frame, without colours of its own", () => {
  const table = renderRows([row(1), row(2)], { outIsTerminal: true });
  assert.match(table, /┌.*┐/);
  assert.match(table, /│ +1 │ +10 │ u1 +│ S +│ cur\/1 +│/);
  assert.ok(!table.includes("\x1b"));
});

test("a pipe gets five words a line, none of them ever empty", () => {
  const [, line = ""] = renderRows([{ ...row(1), flags: "" }], { outIsTerminal: false }).split("\n");
  assert.deepEqual(line.trim().split(/ +/), ["1", "10", "u1", "-", "cur/1"]);
});

test("a hundred thousand messages need no frame, and little time", () => {
  const rows = Array.from({ length: 100_000 }, (_, position) => row(position + 1));
  assert.ok(!renderRows(rows, { outIsTerminal: true }).includes("┌"));
});
