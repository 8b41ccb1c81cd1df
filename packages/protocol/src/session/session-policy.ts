// What the server allows on a listener. One frozen object is shared by all of its sessions.

import type { Verb } from "../grammar/command.js";

/** What a client may log in with. */
export interface LoginOffer {
  /** USER and PASS. */
  readonly userPass: boolean;
  /** SASL mechanism names, upper case, strongest first; each stands in CAPA and in the answer to a bare AUTH. */
  readonly mechanisms: readonly string[];
}

export interface SessionPolicy {
  /** `available`: STLS is announced until TLS stands (RFC 2595 §4). */
  readonly stls: "available" | "absent";
  /** On an unencrypted connection; with nothing in it a plain-text login is refused with a text that names STLS. */
  readonly clear: LoginOffer;
  readonly encrypted: LoginOffer;
  /** IMPLEMENTATION in CAPA, e.g. `Postigo`; undefined hides it (RFC 2449 §6.9). */
  readonly implementation: string | undefined;
  /** EXPIRE in CAPA: days, or `never`; undefined when nothing is enforced (RFC 2449 §6.7). */
  readonly expire: number | "never" | undefined;
  readonly limits: SessionLimits;
}

export interface SessionLimits {
  /** Octets a command line may have before login, line end included (SASL needs long ones: RFC 5034 §4). */
  readonly authorizationLineOctets: number;
  /** Octets a command line may have after login, line end included (RFC 2449 §4: at least 255). */
  readonly transactionLineOctets: number;
  /** Octets that may wait while an effect is under way; a full buffer stops the reading of the socket. */
  readonly pipelineOctets: number;
  /** Octets one burst may produce before the session asks for `await-drain`. */
  readonly burstOctets: number;
  /** Bad commands in a row that end the connection. */
  readonly badCommandsBeforeLogin: number;
  readonly badCommandsAfterLogin: number;
  /** Failed logins on one connection that end it. */
  readonly failedLogins: number;
}

/** What is particular to one connection. */
export interface SessionOpening {
  readonly encrypted: boolean;
  /** Stamp for the greeting with its angle brackets, `<…@…>`; undefined when APOP cannot work (RFC 1939 §7). */
  readonly apopStamp: string | undefined;
  readonly hearer?: CommandHearer | undefined;
}

/**
 * Is told each command before it is performed, for whoever counts or times them. Nothing that a session does depends on it.
 * A line that is too long is none, and neither is a step of a SASL exchange after the first.
 */
export interface CommandHearer {
  heard(verb: Verb | "malformed"): void;
}
