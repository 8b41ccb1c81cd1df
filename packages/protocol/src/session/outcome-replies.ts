// The replies that are made by the outcome of what the session asked for, not by a command alone.

import type { Malformed } from "../grammar/command.js";
import { err, errText, ok, okText, type Reply } from "../reply/reply.js";
import { type Language, WORDINGS } from "../reply/wording.js";
import type { AuthenticationOutcome, MaildropRefusal } from "./input.js";
import type { Listing } from "./listing.js";

/** Whatever was wrong about the credentials, the client reads the same octets (RFC 3206 §4). */
export const LOGIN_REFUSALS: { readonly [O in Exclude<AuthenticationOutcome, "accepted">]: Reply } = {
  rejected: err("loginFailed", "AUTH"),
  unavailable: err("loginUnavailable", "SYS/TEMP"),
  misconfigured: err("loginMisconfigured", "SYS/PERM"),
  delayed: err("loginDelayed", "LOGIN-DELAY"),
};

/** The credentials were right, so none of these may read as if they were wrong (D17, docs/wire-decisions.md). */
export const MAILDROP_REFUSALS: { readonly [R in MaildropRefusal]: Reply } = {
  "in-use": err("inUse", "IN-USE"),
  "too-many": err("tooManySessions", "IN-USE"),
  "login-delay": err("maildropTooSoon", "LOGIN-DELAY"),
  unavailable: err("maildropUnavailable", "SYS/TEMP"),
  indexing: err("maildropIndexing", "SYS/TEMP"),
  broken: err("maildropBroken", "SYS/PERM"),
};

export const MESSAGE_REFUSALS = {
  gone: err("messageGone"),
  unreadable: err("messageUnreadable", "SYS/TEMP"),
} as const;

/** A line that is no command. */
export const MALFORMED: { readonly [F in Malformed["fault"]]: Reply } = {
  "unknown-command": err("unknownCommand"),
  "bad-argument": err("badArgument"),
  "control-octet": err("controlOctet"),
};

/** A command that the state has no use for. */
export const NOT_IN_STATE = {
  AUTHORIZATION: { type: "bad-command", reply: err("notBeforeLogin") },
  TRANSACTION: { type: "bad-command", reply: err("notAfterLogin") },
  UPDATE: { type: "bad-command", reply: err("notAfterLogin") },
  CLOSED: { type: "bad-command", reply: err("notAfterLogin") },
} as const;

export const MAILDROP_LOST = err("maildropLost", "SYS/TEMP");
export const SHUTTING_DOWN = err("shuttingDown", "SYS/TEMP");
export const TOO_MANY_BAD_COMMANDS = err("tooManyBadCommands");
export const LINE_TOO_LONG = err("lineTooLong");
export const CANCELLED = err("cancelled");
export const BAD_BASE64 = err("badBase64");

/** The reply to the command that completed the login. */
export const welcome = (language: Language, listing: Listing): Reply =>
  okText(WORDINGS[language].maildropOpened(listing.count, listing.totalOctets));

/** The status line of RETR, or of TOP, which has no count: its octets are not those of the message. */
export const messageFollows = (language: Language, octets: number, bodyLines: number | "all"): Reply =>
  bodyLines === "all" ? okText(WORDINGS[language].messageFollows(octets)) : TOP_FOLLOWS;

/** The reply to QUIT, made when everything has happened (D2): one reply, whatever came of it (D3). */
export const farewell = (language: Language, failed: number, marked: number): Reply =>
  failed === 0 ? GOODBYE : errText("SYS/TEMP", WORDINGS[language].notRemoved(failed, marked));

const TOP_FOLLOWS = ok("topFollows");
const GOODBYE = ok("goodbye");
