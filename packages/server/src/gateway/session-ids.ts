// Names of sessions in the log: short, and unique over restarts and processes.

import { randomBytes } from "node:crypto";

export function createSessionIds(): () => string {
  const prefix = randomBytes(4).toString("hex");
  let count = 0;
  return () => `${prefix}-${(++count).toString(36)}`;
}
