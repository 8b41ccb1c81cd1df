import assert from "node:assert/strict";
import { test } from "node:test";
import { TurnBudget } from "#storage/ports/turn-budget";

test("DESIGN §3: a loop goes on while its turn of the event loop is younger than 10 ms, and yields then", async () => {
  let now = 0;
  const budget = new TurnBudget(() => now);
  assert.equal(budget.yieldIfDue(), undefined);
  now = 9.9;
  assert.equal(budget.yieldIfDue(), undefined);
  now = 10;
  let othersRan = false;
  setImmediate(() => {
    othersRan = true;
  });
  const due = budget.yieldIfDue();
  assert.ok(due instanceof Promise);
  await due;
  assert.ok(othersRan, "others have had their turn");
});

test("DESIGN §3: tasks that take turns within one turn of the event loop share its budget", async () => {
  let now = 0;
  const budget = new TurnBudget(() => now);
  budget.yieldIfDue();
  await Promise.resolve();
  now = 11;
  assert.ok(budget.yieldIfDue() instanceof Promise);
});

test("DESIGN §3: a new turn has a new budget", async () => {
  let now = 0;
  const budget = new TurnBudget(() => now);
  budget.yieldIfDue();
  await new Promise((resolve) => setImmediate(resolve));
  now = 50;
  assert.equal(budget.yieldIfDue(), undefined);
});
