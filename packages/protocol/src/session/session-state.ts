// What a session knows, by state (RFC 1939 §3). Each state holds only its own data.

import type { DeletionMarks } from "./deletion-marks.js";
import type { Listing } from "./listing.js";

export interface Authorization {
  readonly state: "AUTHORIZATION";
  /** From USER to PASS. Not examined before, and not known to exist. */
  readonly claimedUser: string | undefined;
  /** A challenge is out: the next line is the client's answer, no command (RFC 5034 §4). */
  readonly isChallenged: boolean;
}

export interface Transaction {
  readonly state: "TRANSACTION";
  readonly listing: Listing;
  /** The one thing that commands change. */
  readonly marks: DeletionMarks;
}

export interface Update {
  readonly state: "UPDATE";
}

export interface Closed {
  readonly state: "CLOSED";
}

export type SessionState = Authorization | Transaction | Update | Closed;

export const NOBODY: Authorization = { state: "AUTHORIZATION", claimedUser: undefined, isChallenged: false };
export const CHALLENGED: Authorization = { ...NOBODY, isChallenged: true };
export const UPDATE: Update = { state: "UPDATE" };
export const CLOSED: Closed = { state: "CLOSED" };
