import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { matchTranscript } from "#server/cli/uids/match-transcript";

const messages = (...octets: number[]) => octets.map((each, at) => ({ octets: each, uniqueId: `old-${at + 1}` }));
const files = (...octets: number[]) => octets.map((each, at) => ({ uniqueName: `file-${at + 1}`, octets: each }));
const match = (there: readonly number[], here: readonly number[]) => {
  const { found, ambiguous } = matchTranscript(messages(...there), files(...here));
  return {
    found: [...found].map(([name, at]) => `${name} was ${at + 1}`),
    ambiguous: files(...here).flatMap(({ uniqueName }) =>
      ambiguous.some(({ name }) => name === uniqueName) ? [uniqueName] : [],
    ),
  };
};

/** Steps of many sizes: no message is as far from the next as another. */
const squares = (of: readonly number[]) => of.map((each) => each * each);

test("octets that no other message has find it, whatever the order, if those of all messages are the same here and there", () => {
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

test("files that were there and stand in no transcript are ambiguous: the earlier server counted them otherwise", () => {
  const there = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const { found, ambiguous } = match(squares(there), squares([1, 2, 3, 4, 5, 60, 7, 8, 9, 10]));
  assert.deepEqual([found.length, ambiguous], [9, ["file-6"]]);
});

for (const { name, there, here } of [
  { name: "one of two messages", there: [10, 20], here: [10] },
  { name: "six messages in order", there: [1, 2, 3, 4, 5, 6, 7], here: [1, 2, 3, 4, 5, 6] },
  { name: "seven messages in another order", there: [1, 2, 3, 4, 5, 6, 7, 8], here: [7, 6, 5, 4, 3, 2, 1] },
  {
    name: "ten messages, two out of line",
    there: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
    here: [9, 10, 1, 2, 3, 4, 5, 6, 7, 8],
  },
  { name: "seven messages in order among eight", there: [1, 2, 3, 4, 5, 6, 7, 8], here: [1, 2, 3, 4, 5, 6, 7, 90] },
]) {
  test(`a match needs evidence of order and coverage: ${name} are none`, () => {
    assert.deepEqual(match(squares(there), squares(here)), {
      found: [],
      ambiguous: here.map((_, at) => `file-${at + 1}`),
    });
  });
}

test("seven messages in order, and nothing else, are evidence enough", () => {
  assert.equal(match(squares([1, 2, 3, 4, 5, 6, 7, 8]), squares([1, 2, 3, 4, 5, 6, 8])).found.length, 7);
});

test("what stands out of a proven line is not told by its octets", () => {
  const there = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
  const { found, ambiguous } = match(squares(there), squares([10, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
  assert.deepEqual([found.length, ambiguous], [9, ["file-1"]]);
});

for (const counted of [
  { how: "with 23 octets more", by: (octets: number) => octets + 23 },
  { how: "with its number in a header", by: (octets: number, at: number) => octets + 23 + `${at + 1}`.length },
  { how: "in lines of 80", by: (octets: number) => octets + Math.floor(octets / 80) },
]) {
  for (const spread of [100, 1000, 5000]) {
    test(`a server that counted ${counted.how} is not believed by chance: a thousand messages, octets over ${spread}`, () => {
      const octets = octetsOf(1000, spread);
      assert.deepEqual(match(octets.map(counted.by), octets).found, []);
    });
  }
}

for (const more of [-46, -23, 23, 46]) {
  test(`reports that grow by 23 octets each, counted with ${more} more, are not taken for their neighbours`, () => {
    const octets = Array.from({ length: 100 }, (_, at) => 5000 + 23 * at);
    const there = octets.map((each) => each + more);
    assert.deepEqual(match(there, octets).found, []);
    assert.deepEqual(
      match(
        there,
        octets.filter((_, at) => at % 10 > 0),
      ).found,
      [],
    );
  });
}

test("mail that is gone and some that was counted otherwise cost nothing else, and no message gets the id of another", () => {
  const all = octetsOf(1000, 50_000);
  const there = all.map((octets, at) => (at % 97 === 0 ? octets + 1 : octets));
  const kept = all.map((octets, at) => ({ octets, at })).filter(({ at }) => at % 31 !== 5);
  const files = kept.map(({ octets, at }) => ({ uniqueName: `file-${at + 1}`, octets }));
  const { found } = matchTranscript(messages(...there), files);
  for (const [name, at] of found) assert.equal(name, `file-${at + 1}`);
  assert.ok(found.size > 900, `${found.size} of ${files.length}`);
});

test("an empty transcript, and an empty maildrop, match nothing", () => {
  assert.deepEqual(match([], [1, 2]), { found: [], ambiguous: ["file-1", "file-2"] });
  assert.deepEqual(match([1, 2], []), { found: [], ambiguous: [] });
});

test("no message is found twice, and what is found has the same octets", () => {
  const octets = fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 20 });
  fc.assert(
    fc.property(octets, octets, (there, here) => {
      const { found, ambiguous } = matchTranscript(messages(...there), files(...here));
      assert.equal(new Set(found.values()).size, found.size);
      for (const [name, at] of found) assert.equal(here[Number(name.slice(5)) - 1], there[at]);
      assert.ok(ambiguous.every(({ name }) => !found.has(name)));
      assert.equal(found.size + ambiguous.length, here.length);
    }),
  );
});

/** The same at each run: a linear congruential sequence. */
const octetsOf = (count: number, spread: number): readonly number[] => {
  let state = 1;
  return Array.from({ length: count }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return 500 + Math.floor((state / 2_147_483_648) * spread);
  });
};
