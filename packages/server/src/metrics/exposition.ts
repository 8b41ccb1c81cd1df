// Families of one or several processes as the text that Prometheus reads. prom-client is read from disk with the first scrape:
// a gateway without metrics does not pay for it.

import type { Family } from "./family.js";

export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** `processes`: what each of them answered. */
export async function expose(processes: readonly (readonly Family[])[]): Promise<string> {
  const { AggregatorRegistry } = await import("prom-client");
  return AggregatorRegistry.aggregate([...processes]).metrics();
}
