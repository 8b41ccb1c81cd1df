import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { matchTranscript } from "#server/cli/uids/match-transcript";

const messages = (...octets: number[]) => octets.map((each, at) => ({ octets: each, uniqueId: `old-${at + 1}` }));
const files = (...octets: number[]) => octets.map((each, at) => ({ uniqueName: `file-${at + 1}`, octets: each }));
const match = (there: readonly number[], here: readonly number[]) => {
  const { found, ambiguous } = matchTranscript(messages(...there), files(...here));
  return { found: [...found].map(([name, at]) => `${name} was ${at + 1}`), ambiguous };
};

test("a message is found by octets that no other has, whatever the order", () => {
  assert.deepEqual(match([10, 20, 30], [30, 10, 20]).found.sort(), ["file-1 was 3", "file-2 was 1", "file-3 was 2"]);
});

test("equal octets are told apart by an order that the other messages prove", () => {
  const octets = [1, 5, 2, 5, 3, 5, 4, 6];
  assert.deepEqual(match(octets, octets), {
    found: [1, 2, 4, 6, 3, 5, 7, 8].map((at) => `file-${at} was ${at}`),
    ambiguous: [],
  });
});

for (const { name, there, here, ambiguous } of [
  { name: "nothing but equal octets", there: [5, 5, 5], here: [5, 5, 5], ambiguous: [1, 2, 3] },
  { name: "too few others to prove an order", there: [1, 5, 5, 2], here: [1, 5, 5, 2], ambiguous: [2, 3] },
  {
    name: "others that stand in another order",
    there: [1, 2, 3, 4, 6, 5, 5],
    here: [2, 1, 3, 4, 6, 5, 5],
    ambiguous: [6, 7],
  },
  {
    name: "a file too many",
    there: [1, 2, 3, 4, 6, 7, 8, 5, 5],
    here: [1, 2, 3, 4, 6, 7, 8, 5, 5, 5],
    ambiguous: [8, 9, 10],
  },
  { name: "a file too few", there: [1, 2, 3, 4, 6, 7, 8, 5, 5], here: [1, 2, 3, 4, 6, 7, 8, 5], ambiguous: [8] },
]) {
  test(`it is not guessed which is which: ${name}`, () => {
    assert.deepEqual(
      match(there, here).ambiguous,
      ambiguous.map((at) => `file-${at}`),
    );
  });
}

test("files whose octets no message had are new, and neither found nor ambiguous", () => {
  assert.deepEqual(match([1], [1, 2]), { found: ["file-1 was 1"], ambiguous: [] });
});

test("an empty transcript, and an empty maildrop, match nothing", () => {
  assert.deepEqual(match([], [1, 2]), { found: [], ambiguous: [] });
  assert.deepEqual(match([1, 2], []), { found: [], ambiguous: [] });
});

test("no message is found twice, and what is found has the same octets", () => {
  const octets = fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 20 });
  fc.assert(
    fc.property(octets, octets, (there, here) => {
      const { found, ambiguous } = matchTranscript(messages(...there), files(...here));
      assert.equal(new Set(found.values()).size, found.size);
      for (const [name, at] of found) assert.equal(here[Number(name.slice(5)) - 1], there[at]);
      assert.ok(ambiguous.every((name) => !found.has(name)));
    }),
  );
});
