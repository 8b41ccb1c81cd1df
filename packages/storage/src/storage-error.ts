// The one error class of this package: a closed set of codes, the path, and the cause.

export type StorageErrorCode =
  /** The fixed part of the path template is missing or empty, or a link on the way leads nowhere: an unmounted spool. */
  | "SPOOL_MISSING"
  /** The maildrop stands without new/ or cur/, or is no directory. */
  | "NOT_A_MAILDIR"
  /** There is no such folder in the Maildir, or a link in its place. */
  | "NO_SUCH_FOLDER"
  /** new/ or cur/ cannot be listed. */
  | "UNREADABLE"
  | "CANNOT_CREATE"
  /** The caller did not approve of what was found. */
  | "DECLINED"
  | "READ_FAILED"
  /** The caller withdrew its leave before this message was removed. */
  | "STOPPED"
  /** Another program renamed the file each time it had been found. */
  | "RESTLESS"
  /** A message could not be given its flag. */
  | "MARK_FAILED"
  /** maildirsize was not told what has been removed. With a journal the next session tells it. */
  | "QUOTA_FAILED"
  /** The journal of an update could not be written, and the update went on without it; or not be read or taken away. */
  | "JOURNAL_FAILED"
  /** What an update still had to remove when it was cut off cannot be removed now either: it is not shown, and tried again. */
  | "UPDATE_UNFINISHED"
  /** A journal was no whole one: the update it announced had not begun. */
  | "JOURNAL_TORN"
  /** postigo.index could not be written: what was counted will be counted again. */
  | "INDEX_NOT_SAVED"
  /** postigo.uids is there and cannot be used: without it clients would fetch again what they have. */
  | "UIDS_UNREADABLE"
  /** Some lines of postigo.uids are not as they were written: those messages have lost their imported unique-ids. */
  | "UIDS_DAMAGED"
  | "UIDS_NOT_SAVED";

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
