// What a connection is given when it begins.

import type { Socket } from "node:net";
import type { SessionPolicy } from "@postigo/protocol";
import type { Clock } from "../clock.js";
import type { EventLog } from "../log/event-log.js";
import type { Meter } from "../metrics/meter.js";
import type { LoginParts } from "./session-duties.js";
import type { Stage } from "./stage.js";

export interface ConnectionParts {
  readonly policy: SessionPolicy;
  /** Whom to ask now: a reload may have changed the accounts since the greeting. */
  readonly current: () => LoginParts;
  readonly stage: Stage;
  readonly clock: Clock;
  readonly log: EventLog;
  readonly meter?: Meter | undefined;
  readonly timeouts: ConnectionTimeouts;
  /** Puts TLS over a plain socket, as the server's side of it; undefined on a listener without. */
  readonly secure: ((socket: Socket) => Socket) | undefined;
  /** Called once, when the connection has ended and its maildrop is free. */
  readonly onClosed: () => void;
}

/** In milliseconds. */
export interface ConnectionTimeouts {
  /** From the first octet to the end of the login. */
  readonly loginMs: number;
  /** Between two commands (RFC 1939 §3: at least ten minutes). */
  readonly autologoutMs: number;
  /** For a client that takes nothing of what it is sent. */
  readonly stalledMs: number;
}
