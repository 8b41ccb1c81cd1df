// How long something took, counted in buckets. Observing is a search among a dozen numbers and three additions: no allocation.

import type { Value } from "./family.js";

export class Latency {
  /** One for each bound, and the last for what is beyond. */
  readonly #counts = new Float64Array(BOUNDS_MS.length + 1);
  #sumMs = 0;

  observe(ms: number): void {
    let bucket = 0;
    while (bucket < BOUNDS_MS.length && ms > (BOUNDS_MS[bucket] ?? 0)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sumMs += ms;
  }

  /** As Prometheus wants a histogram: running totals in seconds. */
  values(name: string, labels: Value["labels"]): Value[] {
    let total = 0;
    const buckets = BOUNDS_MS.map((bound, bucket): Value => {
      total += this.#counts[bucket] ?? 0;
      return { metricName: `${name}_bucket`, labels: { ...labels, le: String(bound / 1000) }, value: total };
    });
    total += this.#counts[BOUNDS_MS.length] ?? 0;
    return [
      ...buckets,
      { metricName: `${name}_bucket`, labels: { ...labels, le: "+Inf" }, value: total },
      { metricName: `${name}_sum`, labels, value: this.#sumMs / 1000 },
      { metricName: `${name}_count`, labels, value: total },
    ];
  }
}

/** From an answer out of memory to the longest wait that a login may have. */
const BOUNDS_MS: readonly number[] = [0.05, 0.1, 0.5, 1, 5, 10, 50, 100, 500, 1000, 5000, 15_000, 45_000];
