import assert from "node:assert/strict";
import { test } from "node:test";
import { CountingMeter } from "#server/metrics/counting-meter";
import { expose } from "#server/metrics/exposition";

const NO_TRAFFIC = { octetsIn: 0, octetsOut: 0 };

const textOf = (...meters: readonly CountingMeter[]): Promise<string> =>
  expose(meters.map((meter) => meter.families(NO_TRAFFIC)));

test("mechanisms that a client has invented are one label, however many there are", async () => {
  const meter = new CountingMeter();
  for (let n = 0; n < 1000; n++) meter.login(`X-${n}`, "rejected");
  meter.login("PLAIN", "accepted");
  const text = await textOf(meter);
  assert.match(text, /^postigo_logins_total\{mechanism="other",outcome="rejected"\} 1000$/m);
  assert.match(text, /^postigo_logins_total\{mechanism="PLAIN",outcome="accepted"\} 1$/m);
  assert.equal(text.match(/^postigo_logins_total\{/gm)?.length, 2);
});

test("what several processes counted is summed, histograms bucket by bucket", async () => {
  const [one, other] = [new CountingMeter(), new CountingMeter()];
  one.messagesRemoved(2);
  other.messagesRemoved(3);
  one.commandAnswered("RETR", 0.2);
  other.commandAnswered("RETR", 20);
  other.commandAnswered("malformed", 20);
  const text = await textOf(one, other);
  assert.match(text, /^postigo_messages_removed_total 5$/m);
  assert.match(text, /^postigo_command_duration_seconds_bucket\{command="RETR",le="0.0005"\} 1$/m);
  assert.match(text, /^postigo_command_duration_seconds_bucket\{command="RETR",le="\+Inf"\} 2$/m);
  assert.match(text, /^postigo_command_duration_seconds_count\{command="malformed"\} 1$/m);
});

test("octets are those of ended and of standing sessions, and never fall, though a socket begins to count anew", async () => {
  const meter = new CountingMeter();
  meter.sessionEnded("quit", { octetsIn: 10, octetsOut: 100 });
  const octetsOut = (live: number): number | undefined =>
    meter
      .families({ octetsIn: 0, octetsOut: live })
      .find(({ name }) => name === "postigo_octets_total")
      ?.values.find(({ labels }) => labels["direction"] === "out")?.value;
  assert.deepEqual([octetsOut(50), octetsOut(0), octetsOut(60)], [150, 150, 160]);
});

test("the sources of tables are there before the first opening, so that a rate has a beginning", async () => {
  const text = await textOf(new CountingMeter());
  for (const source of ["memory", "index", "listing"]) {
    assert.match(text, new RegExp(`^postigo_maildrop_tables_total\\{source="${source}"\\} 0$`, "m"));
  }
});
