// Where accounts come from. Sources are asked in the order of the configuration; the first that knows a name decides.

import type { Eventually } from "@postigo/storage";
import type { StoredSecret } from "./stored-secret.js";

/** One account as its source keeps it. */
export interface StoredAccount {
  /** As the source spells it; compared with what the client sends as it stands. */
  readonly name: string;
  /** Absolute path that overrides the template of the spool. */
  readonly maildir: string | undefined;
  readonly secret: StoredSecret;
}

export interface AccountSource {
  /** undefined: no such account. Throws, or rejects, when the source cannot tell: the login is then `[SYS/TEMP]`, never "unknown user". */
  find(name: string): Eventually<StoredAccount | undefined>;
  /**
   * The secrets of the accounts, or a fair sample where there are too many to list. They decide which mechanisms can
   * work, and an unknown user is made to cost what one of them costs.
   */
  secrets(): readonly StoredSecret[];
}
