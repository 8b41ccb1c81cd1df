// Keys that are taken when the process starts and by no reload.

import type { Config } from "../config/config.js";

/** Those of them that differ. */
export function changedAtStartOnly(before: Config, after: Config): string[] {
  return AT_START_ONLY.filter((key) => JSON.stringify(pick(before, key)) !== JSON.stringify(pick(after, key)));
}

const CANARY = "canary.directory";
const FAILURES = "limits.failures_before_delay";

const AT_START_ONLY = [
  "lock",
  "spool.io",
  "user",
  "group",
  "workers",
  "log",
  "metrics",
  "control",
  CANARY,
  FAILURES,
] as const;

function pick(config: Config, key: (typeof AT_START_ONLY)[number]): unknown {
  if (key === "spool.io") return config.spool.io;
  if (key === CANARY) return config.canary.directory;
  return key === FAILURES ? config.limits.failuresBeforeDelay : config[key];
}
