import assert from "node:assert/strict";
import { test } from "node:test";
import { LockRegistry, type Turn } from "#server/lock/registry";
import { FakeClock } from "../support/fake-clock.js";

const never = new AbortController().signal;
const wish = (session: string, signal = never, waitMs = 1000) => ({
  holder: { host: "here", pid: 1, session },
  waitMs,
  signal,
});

test("who comes first enters at once; nothing is kept when the last one has left", async () => {
  const clock = new FakeClock();
  const registry = new LockRegistry(clock);
  assert.equal(registry.enter("/m", wish("s1")), "entered");
  assert.equal(registry.holderOf("/m")?.session, "s1");
  const second = registry.enter("/m", wish("s2"));
  registry.leave("/m");
  assert.equal(await second, "entered");
  assert.equal(registry.holderOf("/m")?.session, "s2");
  registry.leave("/m");
  assert.equal(registry.holderOf("/m"), undefined);
  assert.equal(clock.pending, 0);
});

test("eight may wait, the ninth is refused at once, and the order is that of coming", async () => {
  const registry = new LockRegistry(new FakeClock());
  void registry.enter("/m", wish("s0"));
  const order: number[] = [];
  const waiting = Array.from({ length: 8 }, async (_, at) => {
    assert.equal(await registry.enter("/m", wish(`s${at + 1}`)), "entered");
    order.push(at);
    registry.leave("/m");
  });
  assert.equal(registry.enter("/m", wish("s9")), "crowded");
  assert.equal(registry.enter("/other", wish("s9")), "entered");
  registry.leave("/m");
  await Promise.all(waiting);
  assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6, 7]);
});

test("who waits too long or goes away makes room, and is never entered afterwards", async () => {
  const clock = new FakeClock();
  const registry = new LockRegistry(clock);
  void registry.enter("/m", wish("s0"));
  const gone = new AbortController();
  const turns = [
    registry.enter("/m", wish("s1", gone.signal)),
    registry.enter("/m", wish("s2", never, 500)),
    registry.enter("/m", wish("s3")),
  ];
  gone.abort();
  clock.advance(500);
  registry.leave("/m");
  assert.deepEqual(await Promise.all(turns), ["aborted", "timed-out", "entered"] satisfies Turn[]);
  assert.equal(registry.holderOf("/m")?.session, "s3");
  assert.equal(clock.pending, 0);
});

test("a client that has gone already does not wait, and nobody waits when waiting is off", () => {
  const registry = new LockRegistry(new FakeClock());
  void registry.enter("/m", wish("s0"));
  assert.equal(registry.enter("/m", wish("s1", AbortSignal.abort())), "aborted");
  assert.equal(registry.enter("/m", wish("s1", never, 0)), "timed-out");
});
