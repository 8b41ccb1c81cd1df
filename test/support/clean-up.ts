// What a test has set up is taken down in the reverse order: a process ends before its directory goes.

import type { TestContext } from "node:test";

type Step = () => void | Promise<void>;
const STACKS = new WeakMap<TestContext, Step[]>();

/** Runs `step` when the test ends, before the steps that were registered earlier; one that fails does not stop the others. */
export function cleanUp(t: TestContext, step: Step): void {
  const stack = STACKS.get(t) ?? [];
  if (stack.length === 0) t.after(() => unwind(stack));
  stack.push(step);
  STACKS.set(t, stack);
}

async function unwind(stack: Step[]): Promise<void> {
  const faults: unknown[] = [];
  for (const step of stack.reverse()) {
    try {
      await step();
    } catch (fault) {
      faults.push(fault);
    }
  }
  if (faults.length > 0) throw faults[0];
}
