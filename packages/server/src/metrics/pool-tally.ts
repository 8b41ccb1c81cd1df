// What the workers of a pool have counted, those that have ended too: a counter of the pool never goes down while its first
// process lives, which Prometheus would take for a restart and count again. What a worker counted between the last scrape and its
// end is lost, as it is when a process on its own ends.

import type { Family, Value } from "./family.js";

export class PoolTally {
  /** What each said last. */
  readonly #last = new Map<number, readonly Family[]>();
  /** By name. */
  readonly #ended = new Map<string, Sum>();

  /** `worker`: a number that no other one of the pool gets. */
  heard(worker: number, families: readonly Family[]): void {
    this.#last.set(worker, families);
  }

  ended(worker: number): void {
    for (const family of countersOf(this.#last.get(worker) ?? [])) {
      const sum = this.#ended.get(family.name) ?? new Sum(family);
      this.#ended.set(family.name, sum);
      sum.add(family.values);
    }
    this.#last.delete(worker);
  }

  /** Of each worker, and of all that have ended together. One that does not answer still has counted; how it is now is not known. */
  families(answering: ReadonlySet<number>): readonly (readonly Family[])[] {
    const there = [...this.#last].map(([worker, last]) => (answering.has(worker) ? last : countersOf(last)));
    return [...there, [...this.#ended.values()].map((sum) => sum.family)];
  }
}

const countersOf = (families: readonly Family[]): readonly Family[] => families.filter(({ type }) => type !== "gauge");

class Sum {
  readonly #family: Family;
  readonly #values = new Map<string, Value>();

  constructor(family: Family) {
    this.#family = family;
  }

  add(values: readonly Value[]): void {
    for (const each of values) {
      const key = JSON.stringify([each.metricName, Object.entries(each.labels)]);
      this.#values.set(key, { ...each, value: each.value + (this.#values.get(key)?.value ?? 0) });
    }
  }

  get family(): Family {
    return { ...this.#family, values: [...this.#values.values()] };
  }
}
