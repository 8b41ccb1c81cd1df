// What can be asked of a gateway while it runs. One process answers for itself, the first process of a pool for all of them.

import type { Family } from "../metrics/family.js";
import type { SessionFacts } from "../net/session-facts.js";

export interface Observed {
  /** Of each process that answered. */
  metrics(): Promise<readonly (readonly Family[])[]>;
  sessions(): Promise<Census>;
  /**
   * Ends the sessions of a user, or the one session of that name. Resolves with what they were once their maildrops are free, or
   * when that takes too long: `unfinished` then says which are not.
   */
  kick(target: string): Promise<KickReport>;
  /** Why no client should be sent here now; undefined when all is well. */
  hindrance(): Promise<string | undefined>;
}

export interface KickReport extends Census {
  /** Names of those sessions that are not over yet: an UPDATE goes on, or a disk does not answer. */
  readonly unfinished: readonly string[];
}

export interface Census {
  readonly sessions: readonly SessionFacts[];
  /** Processes that did not answer in time. */
  readonly silent: number;
}
