// The port through which maildrops are opened.

import type { Eventually } from "./eventually.js";
import type { Maildrop } from "./maildrop.js";
import type { StorageError } from "./storage-error.js";

export interface MaildirStore {
  /**
   * Opens the Maildir at `path` (absolute). Takes no lock: the caller holds one.
   * `onProgress` hears (done, total) while messages are being measured for the first time.
   */
  open(path: string, options?: OpenOptions): Eventually<OpenOutcome>;
}

export interface OpenOptions {
  /** Makes a missing maildrop with new/, cur/ and tmp/. Without it a missing maildrop is an empty one if `anchor` and the deepest folder that exists below it are not empty. */
  readonly create?: boolean;
  /** The fixed part of the path template: a directory that must exist and hold something, or the spool is taken for unmounted. */
  readonly anchor?: string;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Where the table of a maildrop came from: still known, read from its index, or listed anew. */
export type OpeningSource = "memory" | "index" | "listing";

export type OpenOutcome =
  | { readonly type: "opened"; readonly maildrop: Maildrop }
  | { readonly type: "unavailable"; readonly error: StorageError };
