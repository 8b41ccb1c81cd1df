import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "#storage/ports/pace";
import { PoolShares } from "#storage/ports/pool-shares";
import { RootPool } from "#storage/ports/root-pool";

const PROOF = 2;

/** A root that has not proven quick, with calls and a comparison job that last as they are told. */
function rootInDoubt() {
  const hands = { now: 1_000 };
  const monotonic = () => hands.now;
  const pace = new Pace({ io: "auto", remote: false, monotonic, processorWait: () => 0, proof: PROOF });
  let idleDone = (): void => undefined;
  const idleJob = () => new Promise<void>((resolve) => (idleDone = resolve));
  const pool = new RootPool({ lane: new PoolShares(8).lane(), pace, monotonic, idleJob });
  const pass = (ms: number) => {
    hands.now += ms;
  };
  /** A call that ends `took` ms after it began, beside a job without disk that takes `idle` ms. */
  const call = async (took: number, idle = 0): Promise<void> => {
    let done = (): void => undefined;
    const running = pool.run(() => new Promise<void>((resolve) => (done = resolve)));
    const ends = [
      { at: took, end: () => done() },
      { at: idle, end: () => idleDone() },
    ].sort((one, other) => one.at - other.at);
    let passed = 0;
    for (const { at, end } of ends) {
      pass(at - passed);
      passed = at;
      end();
      await settle();
    }
    await running;
  };
  return { pace, call, pass, pool };
}

/** Lets what is resolved be heard. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

test("ADR 0060: a root begins in doubt, and blocks once enough calls through the pool were quick", async () => {
  const { pace, call } = rootInDoubt();
  assert.equal(pace.mayBlock, false);
  await call(1);
  assert.equal(pace.mayBlock, false);
  await call(4);
  assert.equal(pace.mayBlock, true);
});

test("ADR 0060: a root that is slow from its beginning never blocks", async () => {
  const { pace, call, pass } = rootInDoubt();
  for (let count = 0; count < 20; count += 1) {
    await call(200);
    pass(10_000);
    assert.equal(pace.mayBlock, false);
  }
});

test("ADR 0060: a root that was slow blocks again only when a minute and enough quick calls have passed", async () => {
  const { pace, call, pass } = rootInDoubt();
  await call(25);
  for (let count = 0; count < PROOF; count += 1) await call(1);
  assert.equal(pace.mayBlock, false);
  pass(60_000);
  assert.equal(pace.mayBlock, true);
  pace.end(pace.begin() - 25);
  pass(60_000);
  assert.equal(pace.mayBlock, false, "nobody has seen it quick since");
  for (let count = 0; count < PROOF; count += 1) await call(1);
  assert.equal(pace.mayBlock, true);
});

test("ADR 0060: calls of 5 ms prove nothing", async () => {
  const { pace, call } = rootInDoubt();
  for (const took of [1, 6, 1]) await call(took);
  assert.equal(pace.mayBlock, false);
  await call(1);
  assert.equal(pace.mayBlock, true);
});

test("ADR 0060: what a call to no disk waits for as well is a busy pool or a busy loop, and no slow root", async () => {
  const { pace, call } = rootInDoubt();
  await call(250, 249);
  await call(300, 500);
  assert.equal(pace.mayBlock, true);
});

test("ADR 0060: a call that hangs keeps its root in doubt, and holds up no judgement of nothing", async () => {
  const { pace, pool, call } = rootInDoubt();
  void pool.run(() => new Promise(() => undefined));
  for (let count = 0; count < 5; count += 1) await call(1);
  assert.equal(pace.mayBlock, false);
});
