import assert from "node:assert/strict";
import { test } from "node:test";
import { KnownMaildrop } from "#storage/table/known-maildrop";
import { columnsFor, MessageColumns } from "#storage/table/message-columns";
import { TableCache } from "#storage/table/table-cache";

function known(messages: number): KnownMaildrop {
  const table = new MessageColumns(columnsFor(messages, messages * 50));
  return new KnownMaildrop({
    table,
    stamps: undefined,
    folders: undefined,
    learnt: new Uint8Array(messages),
    counted: 0,
    saved: undefined,
    copies: new Map(),
  });
}

test("the longest unused goes first when memory runs out", () => {
  const cache = new TableCache(300_000);
  for (const name of ["a", "b", "c"]) cache.set(name, known(1_000));
  cache.get("a");
  cache.set("d", known(1_000));
  assert.deepEqual(
    ["a", "b", "c", "d"].map((name) => cache.get(name) !== undefined),
    [true, false, true, true],
  );
});

test("what replaces an entry takes its room", () => {
  const cache = new TableCache(300_000);
  cache.set("a", known(1_000));
  for (let round = 0; round < 100; round++) cache.set("b", known(1_000));
  assert.ok(cache.get("a"));
  cache.delete("b");
  cache.delete("b");
  for (const name of ["c", "d"]) cache.set(name, known(1_000));
  assert.ok(cache.get("a") && cache.get("c") && cache.get("d"));
});

test("a table that would fill all of it is not kept", () => {
  const cache = new TableCache(10_000);
  cache.set("a", known(1_000));
  assert.equal(cache.get("a"), undefined);
});

test("many empty maildrops are bounded too", () => {
  const cache = new TableCache(100_000);
  for (let index = 0; index < 1_000; index++) cache.set(`${index}`, known(0));
  assert.equal(cache.get("900"), undefined);
  assert.ok(cache.get("999"));
});
