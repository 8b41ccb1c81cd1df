// What can be told of a session that stands, to an operator.

export interface SessionFacts {
  readonly session: string;
  /** Undefined before the login. */
  readonly user: string | undefined;
  readonly address: string;
  readonly listener: string;
  readonly tls: boolean;
  readonly state: "AUTHORIZATION" | "TRANSACTION" | "UPDATE" | "CLOSED";
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Since the client was heard last. */
  readonly idleMs: number;
  readonly octetsIn: number;
  readonly octetsOut: number;
}
