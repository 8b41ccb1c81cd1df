// What can be wrong with a configuration, told to whoever must put it right.

/** One thing that is wrong, or, as a warning, one that will surprise. */
export interface ConfigProblem {
  /** `FILE:LINE:COLUMN`, `--flag` or `POSTIGO_VARIABLE`; empty when the value came from none of them. */
  readonly where: string;
  /** Dotted name of the key, `listen.0.port`; empty when the whole file is meant. */
  readonly key: string;
  /** What is wrong; what to do. */
  readonly message: string;
}

/** A problem whose place has yet to be found. `atKey`: the key itself is wrong, not its value. */
export interface Finding {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly atKey?: boolean;
}

/** Every problem of a configuration at once. */
export class ConfigError extends Error {
  readonly code = "INVALID_CONFIGURATION";
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(formatProblem).join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/** `where: key: message`, without the parts that are empty. */
export const formatProblem = ({ where, key, message }: ConfigProblem): string =>
  [where, key, message].filter((part) => part !== "").join(": ");
