import assert from "node:assert/strict";
import { test } from "node:test";
import { Latency } from "#server/metrics/latency";

const read = (latency: Latency, name: string, le?: string): number | undefined =>
  latency.values("x", { command: "RETR" }).find(({ metricName, labels }) => metricName === name && labels["le"] === le)
    ?.value;

test("each bucket holds all that took no longer than its bound, and the last one everything", () => {
  const latency = new Latency();
  for (const ms of [0.01, 0.05, 0.06, 7, 100_000]) latency.observe(ms);
  assert.equal(read(latency, "x_bucket", "0.00005"), 2, "a bound belongs to its bucket");
  assert.equal(read(latency, "x_bucket", "0.0001"), 3);
  assert.equal(read(latency, "x_bucket", "0.01"), 4);
  assert.equal(read(latency, "x_bucket", "45"), 4);
  assert.equal(read(latency, "x_bucket", "+Inf"), 5);
  assert.equal(read(latency, "x_count"), 5);
});

test("the sum is in seconds, and labels stand at every value", () => {
  const latency = new Latency();
  latency.observe(250);
  latency.observe(750);
  assert.equal(read(latency, "x_sum"), 1);
  assert.ok(latency.values("x", { command: "RETR" }).every(({ labels }) => labels["command"] === "RETR"));
});
