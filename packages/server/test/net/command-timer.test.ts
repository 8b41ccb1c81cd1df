import assert from "node:assert/strict";
import { test } from "node:test";
import { CountingMeter } from "#server/metrics/counting-meter";
import { CommandTimer } from "#server/net/command-timer";
import { FakeClock } from "../support/fake-clock.js";

function timed() {
  const answered: [string, number][] = [];
  const meter = Object.assign(new CountingMeter(), {
    commandAnswered: (verb: string, ms: number) => void answered.push([verb, ms]),
  });
  const clock = new FakeClock();
  return { answered, clock, timer: new CommandTimer(meter, clock) };
}

test("a command that waits for the world is timed until the session waits no more", () => {
  const { answered, clock, timer } = timed();
  timer.heard("RETR");
  timer.worked("send-message");
  clock.advance(40);
  timer.worked("send-message");
  clock.advance(2);
  timer.worked(undefined);
  clock.advance(5);
  timer.worked(undefined);
  assert.deepEqual(answered, [["RETR", 42]]);
});

test("pipelined commands follow one another: the next one ends the one before", () => {
  const { answered, clock, timer } = timed();
  timer.heard("NOOP");
  clock.advance(1);
  timer.heard("STAT");
  clock.advance(2);
  timer.worked("await-drain");
  clock.advance(90);
  timer.worked(undefined);
  assert.deepEqual(answered, [
    ["NOOP", 1],
    ["STAT", 2],
  ]);
});
