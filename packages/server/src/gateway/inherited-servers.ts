// Sockets that somebody else has bound, waiting for the listener of the configuration that has their address.

import { isIPv6, type Server, SocketAddress } from "node:net";
import type { ListenConfig } from "../config/config.js";
import type { InheritedSocket } from "../lifecycle/inherited-sockets.js";
import type { EventLog } from "../log/event-log.js";
import { serveSocket } from "../net/listener.js";

export class InheritedServers {
  readonly #log: EventLog;
  #sockets: readonly InheritedSocket[];
  #servers: readonly InheritedServer[] = [];

  constructor(sockets: readonly InheritedSocket[], log: EventLog) {
    this.#log = log;
    this.#sockets = sockets;
  }

  /**
   * Where a socket is bound can only be asked once it listens. Nothing is accepted before the next turn of the event loop: by
   * then each server must have been taken, or be closed. Throws for a descriptor that cannot be listened on.
   */
  open(): void {
    const sockets = this.#sockets;
    this.#sockets = [];
    this.#servers = sockets.map(opened);
  }

  /** The server bound to that address and port; undefined: none was handed over. */
  take({ address, port }: ListenConfig): Server | undefined {
    const found = this.#servers.find(({ server }) => isBoundTo(server, address, port));
    this.#servers = this.#servers.filter((candidate) => candidate !== found);
    return found?.server;
  }

  /** Nobody wants them: left open they would take connections that nobody answers. */
  closeRest(): void {
    for (const { server, name } of this.#servers) {
      const bound = server.address();
      const address = typeof bound === "string" || bound === null ? (bound ?? "") : bound.address;
      const port = typeof bound === "string" || bound === null ? 0 : bound.port;
      this.#log.event("inherited-socket-unused", { address, port, name });
      server.close();
    }
    this.#servers = [];
  }
}

interface InheritedServer {
  readonly server: Server;
  readonly name: string | undefined;
}

function opened({ fd, name }: InheritedSocket): InheritedServer {
  try {
    return { server: serveSocket(fd), name };
  } catch (cause) {
    const remedy = "put the socket unit right (ListenStream=)";
    throw new Error(`file descriptor ${fd} of LISTEN_FDS is no stream socket; ${remedy}`, { cause });
  }
}

function isBoundTo(server: Server, address: string, port: number): boolean {
  const bound = server.address();
  if (bound === null || typeof bound === "string") return false;
  return bound.port === port && plainForm(bound.address) === plainForm(address);
}

/** One text for each address, as `::` and `0:0::0`. */
function plainForm(address: string): string {
  const [plain = "", zone] = address.split("%");
  const { address: form } = new SocketAddress({ address: plain, family: isIPv6(plain) ? "ipv6" : "ipv4" });
  return zone === undefined ? form : `${form}%${zone}`;
}
