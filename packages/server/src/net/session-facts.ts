// What can be told of a session that stands, to an operator.

import type { Socket } from "node:net";
import type { Peer } from "../auth/authenticator.js";

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

/** `times`: the first three on the monotonic clock. */
export function factsOf({ peer, user, state, socket, times }: FactParts): SessionFacts {
  const { session, address, listener, encrypted: tls } = peer;
  const { bytesRead: octetsIn, bytesWritten: octetsOut } = socket;
  const { began, heard, now, wallClock } = times;
  const since = Math.round(wallClock - (now - began));
  return { session, user, address, listener, tls, state, since, idleMs: Math.round(now - heard), octetsIn, octetsOut };
}

interface FactParts {
  readonly peer: Peer;
  readonly user: string | undefined;
  readonly state: SessionFacts["state"];
  readonly socket: Pick<Socket, "bytesRead" | "bytesWritten">;
  readonly times: {
    readonly began: number;
    readonly heard: number;
    readonly now: number;
    /** Milliseconds since 1970. */
    readonly wallClock: number;
  };
}
