// What the messages of one open maildrop are built on.

import type { Eventually } from "../eventually.js";
import type { MessageTable } from "../maildrop.js";
import type { FileSystem } from "../ports/file-system.js";
import type { StorageError } from "../storage-error.js";
import type { Intent } from "../update/journal.js";
import type { Disposal } from "./disposal.js";
import type { Measured } from "./octet-count.js";

export interface MaildropParts {
  readonly table: MessageTable;
  /** Paths of all files of a unique name that several bear. */
  readonly copies?: ReadonlyMap<string, readonly string[]>;
  /** The folder that holds new/ and cur/, as octets. */
  readonly root: string;
  /** The Maildir whose quota counts these messages: `root`, or the one that `root` is a Maildir++ folder of. */
  readonly home: string;
  readonly fs: FileSystem;
  /** How removed messages go. */
  readonly disposal: Disposal;
  /** True when what goes still counts against the quota: a trash folder that does; or never did. */
  readonly keepsQuota?: boolean;
  /** What an earlier update has left in its journal. */
  readonly unfinished?: Intent | undefined;
  /** Counts the canonical octets of an open file from its first octet, wherever its read position stands. */
  readonly count: (fd: number) => Eventually<number>;
  /** A message was measured anew: the index keeps it. */
  readonly remember: (position: number, measured: Measured) => void;
  /** These messages are no more. */
  readonly forget: (positions: readonly number[]) => void;
  /** Saves what was learnt; called once. */
  readonly onClose: () => Eventually<void>;
  /** What went wrong without failing anything the caller asked for: an event for the log. */
  readonly onTrouble?: (trouble: StorageError) => void;
}
