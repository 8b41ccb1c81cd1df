import { readdirSync } from "node:fs";

/** Descriptors this process holds. */
export function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

/**
 * Waits until no more than `expected` are held, since the thread pool closes when it comes to it, and gives `expected`; the
 * number that stays if there are more.
 */
export async function descriptorsSettle(expected: number): Promise<number> {
  for (let turns = 0; turns < 10_000 && openDescriptors() > expected; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  return Math.max(expected, openDescriptors());
}
