// The port through which maildrops are opened.

import type { Eventually } from "./eventually.js";
import type { MaildirFolders } from "./maildir/stamps.js";
import type { Maildrop, MessageTable, RemovalReport } from "./maildrop.js";
import type { DisposalName } from "./message/disposal.js";
import type { StorageError } from "./storage-error.js";

export interface MaildirStore {
  /**
   * Opens the Maildir at `path` (absolute). Takes no lock: the caller holds one.
   * `onProgress` hears (done, total) while messages are being measured for the first time.
   */
  open(path: string, options?: OpenOptions): Eventually<OpenOutcome>;
}

/** What an opening has found, before anything is changed there. */
export interface FoundMaildrop {
  readonly messages: MessageTable;
  /** Where the messages lie; undefined if the maildrop does not exist, or is yet to be made. */
  readonly folders: MaildirFolders | undefined;
}

export interface OpenOptions {
  /** Makes a missing maildrop with new/, cur/ and tmp/. Without it a missing maildrop is an empty one if `anchor` and the deepest folder that exists below it are not empty. */
  readonly create?: boolean;
  /** The fixed part of the path template: a directory that must exist and hold something, or the spool is taken for unmounted. */
  readonly anchor?: string;
  /**
   * The Maildir that `path` is a Maildir++ folder of (`.Work` in it): it has to be a directory there, and shares that Maildir's
   * quota, trash and held mail. Neither `create` nor `anchor` counts then: what does not exist is NO_SUCH_FOLDER.
   */
  readonly folderOf?: string;
  /**
   * Asked, each time the maildrop has been looked at, before anything is made, finished or saved there: false leaves it as it is, and the
   * opening ends with DECLINED.
   */
  readonly approve?: (found: FoundMaildrop) => Eventually<boolean>;
  /**
   * The caller holds the lock and may change the maildrop: an update that a crash has cut off is finished first. What of it cannot be
   * removed now is not in the table, and is tried again by the next such opening.
   */
  readonly recover?: boolean;
  /**
   * Asked while such an update is being finished: false (the lock was lost, or the caller has gone and given it back) ends that, and
   * leaves the rest to the next session. An opening goes on though nobody waits for it any more: say so when that happens.
   */
  readonly mayGoOn?: () => boolean;
  /** How removed messages go; unlinked by default. */
  readonly deleted?: DisposalName;
  /** Whether the trash folder counts against the quota (Dovecot) or not (Courier, the default). */
  readonly trashCounts?: boolean;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface FinishedUpdate {
  /** Nothing has failed for good: what could not be removed yet is tried again. */
  readonly report: RemovalReport;
  /** Of the table that the positions in the report are of. */
  readonly messages: MessageTable;
}

/** Where the table of a maildrop came from: still known, read from its index, or listed anew. */
export type OpeningSource = "memory" | "index" | "listing";

export type OpenOutcome =
  | {
      readonly type: "opened";
      readonly maildrop: Maildrop;
      /** Where the messages lie; undefined if the maildrop does not exist and counts as empty. */
      readonly folders?: MaildirFolders | undefined;
      /** What an update that had been cut off still had to remove. */
      readonly finished?: FinishedUpdate;
    }
  | { readonly type: "unavailable"; readonly error: StorageError };
