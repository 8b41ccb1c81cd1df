// What a process costs, and how long its event loop keeps others waiting.

import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { counter, type Family, gauge } from "./family.js";

export class ProcessFacts {
  /** Since the last time it was asked: a delay must not be remembered for ever. */
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: SAMPLED_MS });

  start(): void {
    this.#delay.enable();
  }

  stop(): void {
    this.#delay.disable();
  }

  families(): Family[] {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed } = process.memoryUsage();
    const families = [
      gauge("postigo_processes", "Processes that serve and answered", 1),
      counter("process_cpu_seconds_total", "Processor time of all processes", (user + system) / 1e6),
      gauge("process_resident_memory_bytes", "Resident memory of all processes", rss),
      gauge("postigo_heap_bytes", "JavaScript heap in use, of all processes", heapUsed),
      gauge(
        "postigo_event_loop_delay_seconds",
        "How late the event loop came to its work since the last scrape; of the process where it was worst",
        { label: "percentile", values: QUANTILES.map((q) => [String(q), this.#beyondSampling(q)]) },
        "max",
      ),
    ];
    this.#delay.reset();
    return families;
  }

  /** The span between two samples is part of what the histogram holds. */
  #beyondSampling(quantile: number): number {
    if (this.#delay.count === 0) return 0;
    return Math.max(0, this.#delay.percentile(quantile * 100) / 1e9 - SAMPLED_MS / 1000);
  }
}

const SAMPLED_MS = 20;
const QUANTILES = [0.5, 0.99, 1] as const;
