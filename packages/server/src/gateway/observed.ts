// What can be asked of a gateway while it runs. One process answers for itself, the first process of a pool for all of them.

import type { Family } from "../metrics/family.js";
import type { SessionFacts } from "../net/session-facts.js";

export interface Observed {
  /** Of each process that answered. */
  metrics(): Promise<readonly (readonly Family[])[]>;
  sessions(): Promise<Census>;
  /** Ends the sessions of a user, or the one session of that name; resolves with what they were, once their maildrops are free. */
  kick(target: string): Promise<Census>;
  /** Why no client should be sent here now; undefined when all is well. */
  hindrance(): Promise<string | undefined>;
}

export interface Census {
  readonly sessions: readonly SessionFacts[];
  /** Processes that did not answer in time. */
  readonly silent: number;
}
