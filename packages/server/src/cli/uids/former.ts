// What is known of the messages that an earlier server showed to one user.

import type { FormerId } from "@postigo/storage";
import type { UserMaildrop, UserMaildrops } from "../user-maildrops.js";

export interface Former {
  readonly ids: readonly FormerId[];
  /** What was left out, each with file and line. */
  readonly warnings: readonly string[];
  /** Messages that the earlier server may have shown, but which of them as what nobody can tell. */
  readonly ambiguous: readonly Doubt[];
}

export interface Doubt {
  /** Unique name of the file. */
  readonly name: string;
  readonly why: string;
}

export interface FormerServer {
  /** undefined: it has left nothing for this maildrop. Throws CommandError for what cannot be read, or must not be now. */
  read(maildrop: UserMaildrop): Promise<Former | undefined>;
}

/** Its options are known to be right, its maildrops not open yet. */
export type OpenFormerServer = (maildrops: UserMaildrops) => FormerServer;
