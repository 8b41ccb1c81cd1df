// One listening socket. Accepting only admits, refuses or hands on; TLS and POP3 belong to the connection.

import { createServer, type Server, Socket } from "node:net";
import type { ListenConfig } from "../config/config.js";
import type { EventLog } from "../log/event-log.js";

export interface ListenerParts {
  readonly config: ListenConfig;
  /** `::` takes IPv4 clients too, unless another listener has the port for them. */
  readonly ipv6Only: boolean;
  /** A socket that was bound for us, of `serveSocket`; undefined: to be bound here. */
  readonly inherited: Server | undefined;
  readonly accept: (socket: Socket, listener: Listener) => void;
  readonly log: EventLog;
}

/** Where a listener really listens: the port that was asked for, or the one the system gave. */
export interface ListeningAddress {
  readonly address: string;
  readonly port: number;
  readonly tls: ListenConfig["tls"];
}

/** A server on a socket that is bound already; it has an address at once, and accepts from the next turn of the event loop on. */
export function serveSocket(fd: number): Server {
  // listen({ fd }) in a worker of a pool would ask the first process for it; the worker has the descriptor itself.
  const bound = new Socket({ fd, readable: false, writable: false });
  return createServer(SOCKET_OPTIONS).listen(bound, BACKLOG);
}

export class Listener {
  /** A reload may change what is spoken on the socket, not where it listens. */
  config: ListenConfig;
  readonly #server: Server;
  readonly #isInherited: boolean;
  readonly #ipv6Only: boolean;
  #port: number;
  readonly #log: EventLog;

  constructor({ config, ipv6Only, inherited, accept, log }: ListenerParts) {
    this.config = config;
    this.#port = config.port;
    this.#ipv6Only = ipv6Only;
    this.#log = log;
    this.#isInherited = inherited !== undefined;
    this.#server = inherited ?? createServer(SOCKET_OPTIONS);
    this.#server.on("connection", (socket: Socket) => accept(socket, this));
  }

  /** Rejects with Node's error (EADDRINUSE, EACCES …) when the address cannot be had. */
  async listen(): Promise<void> {
    if (!this.#isInherited) await this.#bind();
    const { address, port } = this.config;
    // Running out of descriptors while accepting must not end the server.
    this.#server.on("error", (error) => this.#log.event("accept-failed", { address, port, error: error.message }));
    this.#port = boundPort(this.#server) ?? port;
    this.#log.event("listening", { ...this.address, ...(this.#isInherited ? INHERITED : {}) });
  }

  get address(): ListeningAddress {
    return { address: this.config.address, port: this.#port, tls: this.config.tls };
  }

  get name(): string {
    return `${this.config.address}:${this.#port}`;
  }

  /** No further connection is accepted; those that stand are not touched. */
  close(): void {
    this.#server.close();
  }

  #bind(): Promise<void> {
    const { address, port } = this.config;
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ host: address, port, backlog: BACKLOG, ipv6Only: this.#ipv6Only }, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
  }
}

function boundPort(server: Server): number | undefined {
  const bound = server.address();
  return bound !== null && typeof bound === "object" ? bound.port : undefined;
}

const INHERITED = { inherited: true } as const;
const BACKLOG = 1024;

/** `allowHalfOpen`: a script may send all its commands, close its side and still read the answers. */
const SOCKET_OPTIONS = { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 120_000 };
