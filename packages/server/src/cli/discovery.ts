// What was found when looking at the things a configuration names.

import { EXIT, type ExitCode } from "./exit-code.js";

/**
 * `fault`: the gateway cannot start with it. `defect`: it can, but does not do its work until that is mended, which may happen
 * while it runs (a spool that is mounted later). `warning`: an operator will want to know.
 */
export interface Discovery {
  readonly severity: "fault" | "defect" | "warning";
  readonly code: ExitCode;
  /** A path, perhaps with line and column, or the name of a key. */
  readonly where: string;
  /** What is wrong; what to do. */
  readonly message: string;
}

export const fault = (code: ExitCode, where: string, message: string): Discovery => ({
  severity: "fault",
  code,
  where,
  message,
});

export const defect = (where: string, message: string): Discovery => ({
  severity: "defect",
  code: EXIT.configuration,
  where,
  message,
});

export const warning = (where: string, message: string): Discovery => ({
  severity: "warning",
  code: EXIT.ok,
  where,
  message,
});
