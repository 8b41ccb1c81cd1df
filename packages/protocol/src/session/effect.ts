// Everything a session can ask for. At most one awaited effect is under way; while it is, pipelined octets wait in a bounded buffer.

import type { MessageNumber } from "../message-number.js";
import type { Secret } from "../secret.js";

export type Effect =
  /** Read only: the octets may be shared by many sessions. */
  | { readonly type: "send"; readonly octets: Uint8Array }
  /** Awaited: `drained`, once the transport has taken what was sent. Asked for when a burst has made many octets (RFC 2449 §6.6). */
  | { readonly type: "await-drain" }
  /** Awaited: `authentication-challenge` or `authentication-finished`. */
  | { readonly type: "authenticate"; readonly method: AuthenticationMethod }
  /** Awaited likewise: the client's answer to the last challenge, base64 already undone. */
  | { readonly type: "continue-authentication"; readonly response: Secret }
  /** Not awaited: the client sent `*`; the mechanism's state can be forgotten (RFC 5034 §4). */
  | { readonly type: "cancel-authentication" }
  /** Awaited: `maildrop-opened` or `maildrop-refused`. */
  | { readonly type: "open-maildrop" }
  /** Awaited: `message-opened` and then `message-sent`, or `message-unavailable`. */
  | { readonly type: "send-message"; readonly message: MessageNumber; readonly bodyLines: number | "all" }
  /** Awaited: `maildrop-updated` or `maildrop-lost`. Asked for by QUIT in TRANSACTION and by nothing else (RFC 1939 §6). */
  | { readonly type: "update-maildrop"; readonly deleted: readonly MessageNumber[] }
  /** Not awaited: the session is over, also while `open-maildrop` is under way; nothing is to be removed, the lock is to be freed. */
  | { readonly type: "release-maildrop" }
  /** Awaited: `tls-established`. Every octet received before it is forgotten (RFC 2595 §4). */
  | { readonly type: "start-tls" }
  /** The last effect of every session, once. */
  | { readonly type: "close"; readonly reason: CloseReason };

export type AuthenticationMethod =
  | { readonly type: "password"; readonly user: string; readonly password: Secret }
  | { readonly type: "apop"; readonly user: string; readonly digest: string }
  /** `initialResponse`: undefined when the client sent none, empty for `=` (RFC 5034 §4). */
  | { readonly type: "sasl"; readonly mechanism: string; readonly initialResponse: Secret | undefined };

export type CloseReason =
  | "quit"
  | "end-of-stream"
  | "connection-lost"
  | "autologout"
  | "kicked"
  | "shutdown"
  | "too-many-bad-commands"
  | "too-many-failed-logins"
  | "maildrop-lost";
