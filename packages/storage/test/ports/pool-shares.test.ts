import assert from "node:assert/strict";
import { test } from "node:test";
import { type PoolLane, PoolShares } from "#storage/ports/pool-shares";

/** Calls that end when they are told to, in the order they began. */
function heldCalls() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const run = (lane: PoolLane, name: string): Promise<string> =>
    lane.run(() => {
      begun.push(name);
      return new Promise((resolve) => ends.set(name, () => resolve(name)));
    });
  return { begun, run, end: (name: string) => ends.get(name)?.() };
}

const SHARES = [
  { threads: 1, share: 1 },
  { threads: 2, share: 1 },
  { threads: 4, share: 2 },
  { threads: 16, share: 4 },
];

for (const { threads, share } of SHARES) {
  test(`ADR 0060: of ${threads} threads a root may hold ${share}, also while no other wants them`, () => {
    const { begun, run } = heldCalls();
    const lane = new PoolShares(threads).lane();
    for (let count = 0; count < 8; count += 1) void run(lane, `a${count}`);
    assert.equal(begun.length, share);
  });
}

test("ADR 0060: a root whose calls hang holds its share of the pool, and another one goes on", async () => {
  const { begun, run, end } = heldCalls();
  const shares = new PoolShares(4);
  const [hung, quick] = [shares.lane(), shares.lane()];
  for (const name of ["h1", "h2", "h3"]) void run(hung, name);
  for (const name of ["q1", "q2", "q3"]) {
    const result = run(quick, name);
    end(name);
    assert.equal(await result, name);
  }
  assert.deepEqual(begun, ["h1", "h2", "q1", "q2", "q3"]);
});

test("ADR 0060: roots that are slow together leave one thread to the rest of the process, and take turns", async () => {
  const { begun, run, end } = heldCalls();
  const shares = new PoolShares(4);
  const [one, other] = [shares.lane(), shares.lane()];
  const first = run(one, "a1");
  for (const name of ["a2", "a3", "a4"]) void run(one, name);
  const third = run(other, "b1");
  for (const name of ["b2", "b3"]) void run(other, name);
  assert.deepEqual(begun, ["a1", "a2", "b1"]);
  end("a1");
  await first;
  end("b1");
  await third;
  assert.deepEqual(begun, ["a1", "a2", "b1", "a3", "b2"]);
});

test("ADR 0060: calls of a lane begin in the order they came, also after one that failed", async () => {
  const { begun, run, end } = heldCalls();
  const lane = new PoolShares(2).lane();
  const failing = lane.run(() => Promise.reject(new Error("disk")));
  const calls = ["a", "b"].map((name) => run(lane, name));
  await assert.rejects(failing, { message: "disk" });
  end("a");
  await calls[0];
  end("b");
  assert.deepEqual(await Promise.all(calls), ["a", "b"]);
  assert.deepEqual(begun, ["a", "b"]);
});

test("ADR 0060: a pool of one thread still serves", async () => {
  assert.equal(await new PoolShares(1).lane().run(async () => "done"), "done");
});
