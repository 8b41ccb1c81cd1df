// What happens on a listener that demands the PROXY protocol before a client is known: only listed proxies are heard, and they
// are counted in all, but not by address, because a proxy is one address for all its clients.

import type { Socket } from "node:net";
import type { ConnectionLimits } from "../net/connection-limits.js";
import type { Networks } from "../net/networks.js";
import { ProxiedSockets, type ProxiedSocketsParts } from "../net/proxied-sockets.js";
import { type Client, clientBehind, clientOf } from "./peer.js";

export interface ProxyReceptionParts {
  readonly clock: ProxiedSocketsParts["clock"];
  readonly limits: ConnectionLimits;
  readonly onRefused: (address: string, why: string) => void;
}

export class ProxyReception {
  readonly #parts: ProxyReceptionParts;
  readonly #sockets: ProxiedSockets;

  constructor(parts: ProxyReceptionParts) {
    this.#parts = parts;
    this.#sockets = new ProxiedSockets({ clock: parts.clock });
  }

  /** Calls `onClient` once, if a listed proxy says in time whom it speaks for; else the socket is destroyed, without a word. */
  receive(socket: Socket, proxies: Networks, onClient: (client: Client) => void): void {
    const proxy = clientOf(socket);
    if (proxy === undefined) {
      socket.destroy();
      return;
    }
    const pass = proxies.has(proxy.address) ? this.#parts.limits.admit(undefined) : "no-listed-proxy";
    if (typeof pass === "string") {
      this.#refuse(socket, proxy, pass);
      return;
    }
    this.#sockets.receive(socket, (header) => {
      // Its place is taken anew for the client, within the same turn.
      pass.release();
      if (typeof header !== "string") onClient(clientBehind(proxy, header.client));
      else if (header !== "gone") this.#refuse(socket, proxy, header);
    });
  }

  close(): void {
    this.#sockets.close();
  }

  #refuse(socket: Socket, { address }: Client, why: string): void {
    this.#parts.onRefused(address, why);
    socket.destroy();
  }
}
