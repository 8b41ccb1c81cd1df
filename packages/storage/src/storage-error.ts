// The one error class of this package: a closed set of codes, the path, and the cause.

export type StorageErrorCode =
  /** The fixed part of the path template is missing or empty: an unmounted spool. */
  | "SPOOL_MISSING"
  /** The maildrop stands without new/ or cur/, or is no directory. */
  | "NOT_A_MAILDIR"
  /** new/ or cur/ cannot be listed. */
  | "UNREADABLE"
  | "CANNOT_CREATE"
  | "READ_FAILED";

export class StorageError extends Error {
  readonly code: StorageErrorCode;
  readonly path: string;

  constructor(code: StorageErrorCode, path: string, cause?: unknown) {
    super(`${code}: ${path}`, { cause });
    this.name = "StorageError";
    this.code = code;
    this.path = path;
  }
}
