// Everything that can be said to a session. Octets come from the client; the rest are outcomes of what the session asked for.

import type { Listing } from "./listing.js";

export type Input =
  | { readonly type: "octets"; readonly chunk: Uint8Array }
  /** The client sends no more but may still read: complete lines that wait are worked through first, then the session ends. */
  | { readonly type: "end-of-stream" }
  /** Nothing can be sent or received any more: the session ends at once, except that an UPDATE under way is waited for. */
  | { readonly type: "connection-lost" }
  | { readonly type: "drained" }
  /** One more step of a SASL exchange: the mechanism's challenge, before base64. */
  | { readonly type: "authentication-challenge"; readonly challenge: Uint8Array }
  | { readonly type: "authentication-finished"; readonly outcome: AuthenticationOutcome }
  | { readonly type: "maildrop-opened"; readonly listing: Listing }
  | { readonly type: "maildrop-refused"; readonly reason: MaildropRefusal }
  /** The message stands open and has this many octets on the wire; its status line may go out, the body follows. */
  | { readonly type: "message-opened"; readonly octets: number }
  /** The body and its termination octet have been handed to the transport. */
  | { readonly type: "message-sent" }
  /** Nothing of the answer has been sent: the message is gone, or cannot be read now. */
  | { readonly type: "message-unavailable"; readonly reason: "gone" | "unreadable" }
  /** `failed`: how many of the marked messages still stand in the maildrop. The lock is free by now. */
  | { readonly type: "maildrop-updated"; readonly failed: number }
  /** The lock was lost, at any time after login or before the update: nothing was removed; the session ends with [SYS/TEMP]. */
  | { readonly type: "maildrop-lost" }
  | { readonly type: "tls-established" }
  | { readonly type: "autologout" }
  /** An operator ends this session: without a word and, unless one is under way, without an update. */
  | { readonly type: "kicked" }
  | { readonly type: "shutdown" };

/**
 * How a login ended. `rejected`: wrong credentials or an unknown user, told alike (RFC 3206 [AUTH]).
 * `unavailable`: the account source is broken ([SYS/TEMP]). `misconfigured`: an operator must act ([SYS/PERM]).
 * `delayed`: this account or address must wait ([LOGIN-DELAY]).
 */
export type AuthenticationOutcome = "accepted" | "rejected" | "unavailable" | "misconfigured" | "delayed";

/**
 * Why an authenticated user gets no maildrop. `in-use`: another session holds the lock ([IN-USE], RFC 2449 §8.1.1);
 * `unavailable`: a fault that may pass ([SYS/TEMP]); `indexing`: a first sizing takes longer than a login may ([SYS/TEMP]);
 * `broken`: an operator must act ([SYS/PERM], RFC 3206); `login-delay`: too soon after the last login; `too-many`: session cap of the account.
 */
export type MaildropRefusal = "in-use" | "unavailable" | "indexing" | "broken" | "login-delay" | "too-many";
