// What the connection needs of authentication: one exchange for each login attempt, whatever the mechanism.

import type { AuthenticationMethod, Secret } from "@postigo/protocol";
import type { Eventually } from "@postigo/storage";

/** The other end of a connection. */
export interface Peer {
  readonly session: string;
  readonly address: string;
  readonly port: number;
  /** Address and port of the listener the client came to, `127.0.0.1:110`. */
  readonly listener: string;
  readonly encrypted: boolean;
  /** The stamp of the greeting, `<…@…>`; APOP digests are made over it. */
  readonly apopStamp: string | undefined;
}

/** An account that has proven itself. */
export interface Account {
  /** As the account source spells it; names the maildrop through the path template. */
  readonly name: string;
  /** Absolute path that overrides the template. */
  readonly maildir: string | undefined;
  /** Of the Maildir, as the user has called it. */
  readonly folder?: string;
  /** Only what was delivered of late is to be shown. */
  readonly isRecent?: boolean;
  /** The name that was claimed, if it is another. */
  readonly claimed?: string;
}

export interface Authenticator {
  /** What can work with the accounts known now; asked for each new connection and after each reload. */
  abilities(): AuthenticationAbilities;
  begin(method: AuthenticationMethod, peer: Peer): AuthenticationExchange;
}

export interface AuthenticationAbilities {
  /** USER/PASS, PLAIN and LOGIN. */
  readonly password: boolean;
  readonly apop: boolean;
  /** SASL mechanisms that can work, strongest first. */
  readonly mechanisms: readonly string[];
}

export interface AuthenticationExchange {
  /** The first call has no response (an initial response stands in the method); each later one has the client's answer. */
  next(response?: Secret): Eventually<AuthenticationStep>;
  /** The client or the connection gave up; nothing is to be done after it. */
  cancel(): void;
}

export type AuthenticationStep =
  | { readonly type: "challenge"; readonly octets: Uint8Array }
  | { readonly type: "accepted"; readonly account: Account }
  /** `why` is for the log only; the client hears the same for each. `user`: the name that was claimed, if one was. */
  | {
      readonly type: "rejected";
      readonly user: string | undefined;
      readonly why: RejectionReason;
      /** The name under which failures are counted, if it is another. */
      readonly countedAs?: string;
    }
  | { readonly type: "unavailable"; readonly user: string | undefined; readonly cause: unknown }
  | { readonly type: "misconfigured"; readonly user: string | undefined; readonly cause: unknown };

export type RejectionReason =
  | "unknown-user"
  | "wrong-credentials"
  | "malformed-response"
  | "mechanism-not-possible"
  | "forbidden-name";
