import assert from "node:assert/strict";
import { test } from "node:test";
import { type IoMode, Pace } from "#storage/ports/pace";

/** A pace whose clock is turned by hand. */
function paceFor(io: IoMode, remote = false) {
  const hands = { now: 1_000, waited: 0 };
  const pace = new Pace({ io, remote, monotonic: () => hands.now, processorWait: () => hands.waited });
  return {
    pace,
    pass: (ms: number) => {
      hands.now += ms;
    },
    /** `waiting`: how much of it the thread had no processor. */
    call: (ms: number, waiting = 0) => {
      const began = pace.begin();
      hands.now += ms;
      hands.waited += waiting;
      pace.end(began);
    },
  };
}

const FIXED = [
  { io: "sync", remote: true, mayBlock: true },
  { io: "async", remote: false, mayBlock: false },
  { io: "auto", remote: true, mayBlock: false },
] as const;

for (const { io, remote, mayBlock } of FIXED) {
  test(`ADR 0015: io ${io} on a ${remote ? "network" : "local"} file system ${mayBlock ? "blocks" : "never blocks"}, however calls turn out`, () => {
    const { pace, call, pass } = paceFor(io, remote);
    assert.equal(pace.mayBlock, mayBlock);
    call(10_000);
    assert.equal(pace.mayBlock, mayBlock);
    pass(1_000_000);
    assert.equal(pace.mayBlock, mayBlock);
  });
}

const AUTO = [
  { name: "quick calls go on", calls: [1, 4.9, 4.9, 4.9, 4.9], mayBlock: true },
  { name: "one call of 20 ms is enough", calls: [20], mayBlock: false },
  { name: "one call just below 20 ms is not", calls: [19.9], mayBlock: true },
  { name: "two calls of 5 ms are not enough", calls: [5, 5], mayBlock: true },
  { name: "three calls of 5 ms in a second are", calls: [5, 1, 5, 1, 5], mayBlock: false },
  { name: "three calls of 5 ms far apart are not", calls: [5, 5, "pause", 5, 5], mayBlock: true },
] as const;

for (const { name, calls, mayBlock } of AUTO) {
  test(`ADR 0015: io auto, ${name}`, () => {
    const { pace, call, pass } = paceFor("auto");
    for (const took of calls) took === "pause" ? pass(1_001) : call(took);
    assert.equal(pace.mayBlock, mayBlock);
  });
}

test("ADR 0015: a slow root is tried again after 60 s, and one slow call sends it back", () => {
  const { pace, call, pass } = paceFor("auto");
  call(25);
  pass(59_999);
  assert.equal(pace.mayBlock, false);
  pass(1);
  assert.equal(pace.mayBlock, true);
  call(25);
  assert.equal(pace.mayBlock, false);
});

test("ADR 0015: a call that was slow for want of a processor does not make the root slow", () => {
  const { pace, call } = paceFor("auto");
  for (let count = 0; count < 10; count += 1) call(30, 28);
  assert.equal(pace.mayBlock, true);
});

test("ADR 0015: a call that was slow on a busy machine, but longer than it waited for a processor, makes the root slow", () => {
  const { pace, call } = paceFor("auto");
  call(60, 30);
  assert.equal(pace.mayBlock, false);
});

test("ADR 0015: waiting long ago excuses no slow call", () => {
  const { pace, call, pass } = paceFor("auto");
  call(1, 1_000);
  pass(1_000);
  call(25);
  assert.equal(pace.mayBlock, false);
});
