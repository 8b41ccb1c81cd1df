import assert from "node:assert/strict";
import { test } from "node:test";
import { expose } from "#server/metrics/exposition";
import { counter, type Family, gauge } from "#server/metrics/family";
import { PoolTally } from "#server/metrics/pool-tally";

const counted = (logins: number, sessions: number): readonly Family[] => [
  counter("logins_total", "Logins", {
    label: "outcome",
    values: [
      ["ok", logins],
      ["refused", 1],
    ],
  }),
  gauge("sessions", "Sessions", sessions),
  {
    ...counter("seconds", "Seconds", 0),
    type: "histogram",
    values: [
      { labels: { le: "1" }, value: logins, metricName: "seconds_bucket" },
      { labels: {}, value: logins, metricName: "seconds_count" },
    ],
  },
];

async function linesOf(tally: PoolTally, answering: readonly number[]): Promise<readonly string[]> {
  return (await expose(tally.families(new Set(answering))))
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
}

test("a counter of a pool never goes down: a worker that ends leaves what it has counted, and no gauge", async () => {
  const tally = new PoolTally();
  tally.heard(1, counted(5, 3));
  tally.heard(2, counted(7, 4));
  tally.ended(1);
  tally.heard(3, counted(1, 1));
  tally.ended(3);
  assert.deepEqual(await linesOf(tally, [2]), [
    'logins_total{outcome="ok"} 13',
    'logins_total{outcome="refused"} 3',
    "sessions 4",
    'seconds_bucket{le="1"} 13',
    "seconds_count 13",
  ]);
});

test("a worker that does not answer has counted what it told last, and is in no gauge; one that never spoke leaves nothing", async () => {
  const tally = new PoolTally();
  tally.heard(1, counted(5, 3));
  tally.heard(2, counted(1, 0));
  tally.heard(2, counted(2, 1));
  tally.ended(4);
  const lines = await linesOf(tally, [2]);
  for (const line of ['logins_total{outcome="ok"} 7', 'logins_total{outcome="refused"} 2', "sessions 1"]) {
    assert.ok(lines.includes(line), line);
  }
});
