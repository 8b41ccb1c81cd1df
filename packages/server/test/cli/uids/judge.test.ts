import assert from "node:assert/strict";
import { test } from "node:test";
import type { FormerId, ImportedId } from "@postigo/storage";
import { judge, wouldFetchAgain } from "#server/cli/uids/judge";

const id = (uniqueName: string, uniqueId: string, order?: number): FormerId => ({ uniqueName, uniqueId, order });
const verdict = (
  ids: readonly FormerId[],
  present: readonly string[],
  imported: readonly ImportedId[] = [],
  { ambiguous = [], hasGaps = false }: { ambiguous?: readonly string[]; hasGaps?: boolean } = {},
) => {
  const judgement = judge({
    former: { ids, warnings: [], ambiguous: ambiguous.map((name) => ({ name, why: "" })), hasGaps },
    present: new Set(present),
    imported,
  });
  const counts = Object.entries(judgement.counts).filter(([, count]) => count > 0);
  return { counts: Object.fromEntries(counts), entries: judgement.entries, again: wouldFetchAgain(judgement) };
};

test("a message keeps its unique-id and its place", () => {
  assert.deepEqual(verdict([id("a", "x", 0)], ["a"]), {
    counts: { same: 1 },
    entries: [id("a", "x", 0)],
    again: false,
  });
});

test("a message that is gone is lost and remembered: a backup may bring it back", () => {
  assert.deepEqual(verdict([id("a", "x", 0)], []), { counts: { lost: 1 }, entries: [id("a", "x", 0)], again: false });
});

test("a message that the earlier server never listed is new, and stands in no file", () => {
  assert.deepEqual(verdict([], ["a"]), { counts: { new: 1 }, entries: [], again: false });
});

test("RFC 1939 §7: a unique-id of other than 1 to 70 octets of 0x21–0x7E is illegal and not taken", () => {
  for (const uniqueId of ["", "a b", "\x7f", "\xe9", "x".repeat(71)]) {
    assert.deepEqual(verdict([id("a", uniqueId)], ["a"]), { counts: { illegal: 1 }, entries: [], again: true });
  }
});

test("of two messages with one unique-id the first keeps it", () => {
  const { counts, entries, again } = verdict([id("a", "x"), id("b", "x")], ["a", "b"]);
  assert.deepEqual({ counts, again }, { counts: { same: 1, duplicated: 1 }, again: true });
  assert.deepEqual(entries, [id("a", "x")]);
});

test("a message that is gone takes its unique-id from none that is there", () => {
  assert.deepEqual(verdict([id("a", "x"), id("b", "x")], ["b"]).counts, { same: 1, lost: 1 });
});

test("what was imported before stays as clients have seen it", () => {
  const { counts, entries, again } = verdict([id("a", "y")], ["a"], [id("a", "x")]);
  assert.deepEqual({ counts, again }, { counts: { changed: 1 }, again: true });
  assert.deepEqual(entries, [id("a", "x")]);
});

test("what was imported before and is not told any more stays, and its unique-id is given to none", () => {
  assert.deepEqual(verdict([id("b", "x")], ["a", "b"], [id("a", "x")]).counts, { duplicated: 1, new: 1 });
});

test("the same import again changes only the place of a message, if that", () => {
  assert.deepEqual(verdict([id("a", "x", 3)], ["a"], [id("a", "x", 9)]).entries, [id("a", "x", 3)]);
});

test("ambiguous messages would be fetched again, and are not new", () => {
  assert.deepEqual(verdict([], ["a", "b"], [], { ambiguous: ["a"] }).counts, { ambiguous: 1, new: 1 });
  assert.equal(verdict([], ["a"], [], { ambiguous: ["a"] }).again, true);
});

test("what an earlier import could tell is not ambiguous any more when the same transcript proves less", () => {
  const { counts, entries, again } = verdict([], ["a"], [id("a", "x")], { ambiguous: ["a"] });
  assert.deepEqual({ counts, entries, again }, { counts: { same: 1 }, entries: [id("a", "x")], again: false });
});

test("where lines were left out, a message that the others do not name may be known to clients, if it was not imported before", () => {
  const { counts, again } = verdict([id("a", "x")], ["a", "b", "c"], [id("c", "z")], { hasGaps: true });
  assert.deepEqual({ counts, again }, { counts: { same: 1, ambiguous: 1, new: 1 }, again: true });
  assert.equal(verdict([id("a", "x")], ["a"], [], { hasGaps: true }).again, false);
});
