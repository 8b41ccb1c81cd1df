// How much of what was written the operating system has not taken yet.

import type { Socket } from "node:net";

/** Node's own socket timeout looks at this number to tell a slow reader from one that has stopped; it has no public name. */
interface HandledSocket extends Socket {
  readonly _handle?: { readonly writeQueueSize?: number } | null;
}

/** Falls also while one large write is taken piece by piece. */
export function unsentOctets(socket: HandledSocket): number {
  return socket.writableLength + (socket._handle?.writeQueueSize ?? 0);
}
