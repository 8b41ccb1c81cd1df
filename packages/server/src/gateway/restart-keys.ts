// Keys that are taken when the process starts and by no reload.

import type { Config } from "../config/config.js";

export interface Readings {
  /** What the process started with. */
  readonly inForce: Config;
  /** What was read by the reload before this one. */
  readonly before: Config;
  readonly after: Config;
}

/** Those that have changed just now, and are not what is in force: each change is told once, one that is taken back not at all. */
export function changedAtStartOnly({ inForce, before, after }: Readings): string[] {
  return AT_START_ONLY.filter(
    ([, valueIn]) => valueIn(after) !== valueIn(before) && valueIn(after) !== valueIn(inForce),
  ).map(([key]) => key);
}

/** Of these the first process of a pool is the owner, which outlives even a hand-over. */
export const isOfFirstProcess = (key: string): boolean => /^(?:metrics|control|log)\./.test(key);

const AT_START_ONLY: readonly (readonly [key: string, valueIn: (config: Config) => unknown])[] = [
  ["spool.io", ({ spool }) => spool.io],
  ["lock.wait", ({ lock }) => lock.waitMs],
  ["lock.stale", ({ lock }) => lock.staleMs],
  ["lock.directory", ({ lock }) => lock.directory],
  ["canary.directory", ({ canary }) => canary.directory],
  ["limits.failures_before_delay", ({ limits }) => limits.failuresBeforeDelay],
  ["user", ({ user }) => user],
  ["group", ({ group }) => group],
  ["workers", ({ workers }) => workers],
  ["log.level", ({ log }) => log.level],
  ["log.format", ({ log }) => log.format],
  ["log.file", ({ log }) => log.file],
  ["metrics.address", ({ metrics }) => metrics?.address],
  ["metrics.port", ({ metrics }) => metrics?.port],
  ["control.socket", ({ control }) => control?.socket],
];
