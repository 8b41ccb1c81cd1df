// What the parts tell of what they do, for metrics. The port alone: with metrics off there is no meter, and nothing is counted.
//
// Every argument comes from a closed set, but for the mechanism, which a client may invent: no label can grow.

import type { CloseReason, MaildropRefusal, Verb } from "@postigo/protocol";
import type { OpeningSource } from "@postigo/storage";

export interface Meter {
  sessionOpened(): void;
  sessionRefused(why: string): void;
  sessionEnded(reason: CloseReason, octets: Traffic): void;
  /** A handshake has succeeded; `version` as Node says it, `TLSv1.3`. */
  encrypted(version: string): void;
  login(mechanism: string, outcome: LoginOutcome): void;
  commandAnswered(verb: Verb | "malformed", ms: number): void;
  messageRetrieved(): void;
  messagesRemoved(count: number): void;
  lockAwaited(outcome: "held" | "in-use" | "unavailable", ms: number): void;
  /** From the lock to the listing. */
  maildropOpened(ms: number): void;
  /** Where the table of a maildrop came from. */
  tableFound(source: OpeningSource): void;
}

/** Octets that went over one connection, or over all. */
export interface Traffic {
  readonly octetsIn: number;
  readonly octetsOut: number;
}

/** The answer to the credentials, and for those that were right to the opening of the maildrop. */
export type LoginOutcome = "accepted" | "rejected" | "unavailable" | "misconfigured" | `maildrop-${MaildropRefusal}`;
