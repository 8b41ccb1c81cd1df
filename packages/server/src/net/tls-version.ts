// Which version of TLS a connection speaks, for counting.

import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";

/** `TLSv1.3`, as Node says it; `unknown` when the connection has ended meanwhile. */
export const tlsVersionOf = (socket: Socket): string =>
  (socket instanceof TLSSocket ? socket.getProtocol() : null) ?? "unknown";
