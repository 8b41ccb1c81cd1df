// Every number that a document or our own prudence sets, with its source.

import type { SessionLimits } from "./session/session-policy.js";

/** A response line, CRLF included (RFC 2449 §4). */
export const STATUS_LINE_OCTETS = 512;

/** A unique-id (RFC 1939 §7). */
export const UNIQUE_ID_OCTETS = 70;

/** Replies are gathered up to this many octets before they go out; longer answers go out as they stand. */
export const GATHERED_OCTETS = 32 * 1024;

/** TOP takes no more lines than this from its argument: the encoders count in 32 bits. No mail has as many. */
export const MOST_BODY_LINES = 0x7fffffff;

/** What a session permits unless its policy says otherwise. */
export const DEFAULT_SESSION_LIMITS: SessionLimits = {
  // RFC 5034 §4 wants room for every mechanism's exchange; RFC 4954 §4 names this many octets for the same tokens in SMTP.
  authorizationLineOctets: 12_288,
  // RFC 2449 §4: at least 255.
  transactionLineOctets: 512,
  pipelineOctets: 64 * 1024,
  burstOctets: 256 * 1024,
  badCommandsBeforeLogin: 3,
  badCommandsAfterLogin: 20,
  failedLogins: 10,
};
