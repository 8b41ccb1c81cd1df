import assert from "node:assert/strict";
import { test } from "node:test";
import { createHashQueue } from "#server/auth/hash-queue";

/** Jobs that end when the test says so, and the order in which they began. */
function jobs() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const job = (name: string) => () => {
    begun.push(name);
    return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
  };
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  const end = async (name: string) => {
    ends.get(name)?.();
    await settle();
  };
  return { begun, job, end };
}

test("no more jobs run at once than the queue allows", async () => {
  const { begun, job, end } = jobs();
  const queue = createHashQueue({ concurrency: 2 });
  for (const name of ["1", "2", "3"]) queue.run("a", job(name));
  assert.deepEqual(begun, ["1", "2"]);
  await end("2");
  assert.deepEqual(begun, ["1", "2", "3"]);
});

test("an address that asks a hundred times does not hold up one that asks once", async () => {
  const { begun, job, end } = jobs();
  const queue = createHashQueue({ concurrency: 1, waitingPerAddress: 200 });
  for (let index = 0; index < 100; index += 1) queue.run("guesser", job(`g${index}`));
  queue.run("b", job("b"));
  queue.run("c", job("c"));
  for (const name of ["g0", "g1", "b", "c"]) await end(name);
  assert.deepEqual(begun, ["g0", "g1", "b", "c", "g2"]);
});

test("a full line answers at once, and other addresses still get in", () => {
  const { job } = jobs();
  const queue = createHashQueue({ concurrency: 1, waitingPerAddress: 2, waiting: 3 });
  for (const name of ["1", "2", "3"]) assert.notEqual(queue.run("a", job(name)), "full");
  assert.equal(queue.run("a", job("4")), "full");
  assert.notEqual(queue.run("b", job("5")), "full");
  assert.equal(queue.run("c", job("6")), "full");
});

test("a job that fails, or throws at once, frees its place", async () => {
  const queue = createHashQueue({ concurrency: 1 });
  const failing = queue.run("a", () => Promise.reject(new Error("no")));
  const throwing = queue.run("a", () => {
    throw new Error("at once");
  });
  const good = queue.run("a", async () => "good");
  await assert.rejects(failing as Promise<unknown>, /no/);
  await assert.rejects(throwing as Promise<unknown>, /at once/);
  assert.equal(await good, "good");
});

test("places are given back: a queue that was full takes jobs again", async () => {
  const { job, end } = jobs();
  const queue = createHashQueue({ concurrency: 1, waiting: 1 });
  queue.run("a", job("1"));
  queue.run("a", job("2"));
  assert.equal(queue.run("a", job("3")), "full");
  await end("1");
  assert.notEqual(queue.run("a", job("4")), "full");
});
