import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { EMPTY_SAMPLE, SAMPLE_SIZE, survey, without } from "#server/canary/sample";
import { ids, tableOf } from "./support.js";

const sampleOf = async (uniqueIds: readonly string[]) => (await survey(tableOf(uniqueIds), [])).sample;

test("a sample holds no more than it may, ascending, whatever the order of the messages", async () => {
  const all = ids(1000);
  const sample = await sampleOf(all);
  assert.equal(sample.length, SAMPLE_SIZE);
  assert.deepEqual(
    [...sample].sort((a, b) => a - b),
    [...sample],
  );
  assert.deepEqual(await sampleOf(all.reverse()), sample);
});

test("an empty maildrop has an empty sample, of which nothing is missing", async () => {
  assert.deepEqual(await survey(tableOf([]), [EMPTY_SAMPLE]), { sample: EMPTY_SAMPLE, kept: [EMPTY_SAMPLE] });
});

for (const [kept, of] of [
  [0, 1000],
  [200, 1000],
  [800, 1000],
  [1000, 1000],
] as const) {
  test(`of a sample about as much is kept as of the messages: ${kept} of ${of}`, async () => {
    const before = await sampleOf(ids(of));
    const { kept: left } = await survey(tableOf([...ids(kept), ...ids(5000, 10_000)]), [before]);
    const share = (left[0]?.length ?? 0) / before.length;
    assert.ok(Math.abs(share - kept / of) <= 0.2, `${share}`);
  });
}

test("what a removal leaves of a sample is the start of a sample of what is left", () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 200 }),
      fc.array(fc.nat(199), { maxLength: 200 }),
      async (count, drawn) => {
        const all = ids(count);
        const gone = [...new Set(drawn.filter((position) => position < count))];
        const [left = EMPTY_SAMPLE] = without([await sampleOf(all)], tableOf(all), gone);
        const fresh = await sampleOf(all.filter((_, position) => !gone.includes(position)));
        assert.deepEqual(left, fresh.slice(0, left.length));
      },
    ),
  ));

test("a big maildrop is looked at in slices: others get their turn meanwhile", async () => {
  const surveyed = survey(tableOf(ids(20_000)), []).then(() => "done");
  const other = new Promise((resolve) => setImmediate(() => resolve("other")));
  assert.equal(await Promise.race([surveyed, other]), "other");
  await surveyed;
});
