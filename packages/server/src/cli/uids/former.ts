// What is known of the messages that an earlier server showed to one user.

import type { FormerId } from "@postigo/storage";
import type { UserMaildrop, UserMaildrops } from "../user-maildrops.js";

export interface Former {
  readonly ids: readonly FormerId[];
  /** What was left out, each with file and line. */
  readonly warnings: readonly string[];
  /** Messages that the earlier server may have shown, but which of them as what nobody can tell. */
  readonly ambiguous: readonly Doubt[];
  /** Lines were left out: any message that it does not tell of may have stood in one. */
  readonly hasGaps: boolean;
}

export interface Doubt {
  /** Unique name of the file. */
  readonly name: string;
  readonly why: string;
}

/** The earlier server has left nothing for this maildrop. */
export interface NothingLeft {
  /** The file that is not there. */
  readonly lookedFor: string;
}

export interface FormerServer {
  /** Throws CommandError for what cannot be read, or must not be now. */
  read(maildrop: UserMaildrop): Promise<Former | NothingLeft>;
}

/** Its options are known to be right, its maildrops not open yet. */
export type OpenFormerServer = (maildrops: UserMaildrops) => FormerServer;
