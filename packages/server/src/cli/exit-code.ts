// How the program ends: the codes of sysexits, and the one error that carries one.

export const EXIT = {
  ok: 0,
  /** All was done, and what was compared differs: a client would fetch mail again. */
  differs: 1,
  /** The command line is wrong. */
  usage: 64,
  /** A file that must be there is not. */
  missingInput: 66,
  /** A service is not to be had: the port is taken, this host cannot compute the hash. */
  unavailable: 69,
  /** A fault of ours. */
  internal: 70,
  cannotCreate: 73,
  /** What is read or written failed on the way. */
  inputOutput: 74,
  /** Not done yet, or not known to be; ask again. */
  temporary: 75,
  noPermission: 77,
  configuration: 78,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the command with a code. The message is for people: what is wrong, and what to do. */
export class CommandError extends Error {
  readonly code: ExitCode;

  constructor(code: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CommandError";
    this.code = code;
  }
}

/** The code of a system error, `ENOENT` and the like; undefined for other errors. */
export const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

/** The exit code that fits a file that cannot be used. */
export const exitCodeOfFile = (error: unknown): ExitCode => {
  const code = errorCode(error);
  if (code === "ENOENT" || code === "ENOTDIR") return EXIT.missingInput;
  return code === "EACCES" || code === "EPERM" ? EXIT.noPermission : EXIT.inputOutput;
};

/** The exit code that fits a log that cannot be opened. */
export const exitCodeOfLog = (error: unknown): ExitCode =>
  errorCode(error) === "EACCES" ? EXIT.noPermission : EXIT.cannotCreate;
