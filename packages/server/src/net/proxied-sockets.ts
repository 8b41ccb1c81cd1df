// Sockets of a listener that demands the PROXY protocol, until the header has come and the client behind the proxy is known.
//
// Nothing is sent before it. What came behind it in the same packet, commands or the beginning of a TLS handshake, is put back
// and is the first that the connection reads.

import type { Socket } from "node:net";
import type { Clock, Timer } from "../clock.js";
import { type ProxyHeader, parseProxyHeader } from "./proxy-header.js";
import { attach, type SocketOwner } from "./socket-events.js";

/** "gone": the other end, or the gateway, has left; nothing to tell, load balancers look in like that. */
export type HeaderOutcome =
  | ProxyHeader
  | "proxy-header-invalid"
  | "proxy-header-late"
  | "too-many-without-proxy-header"
  | "gone";

export interface ProxiedSocketsParts {
  readonly clock: Clock;
}

export class ProxiedSockets {
  readonly #clock: Clock;
  readonly #waiting = new Set<HeaderWait>();

  constructor({ clock }: ProxiedSocketsParts) {
    this.#clock = clock;
  }

  /** Calls `onOutcome` once. With a header the socket is paused and the caller's; else it is destroyed. */
  receive(socket: Socket, onOutcome: (outcome: HeaderOutcome) => void): void {
    if (this.#waiting.size >= MOST_WAITING) {
      socket.destroy();
      onOutcome("too-many-without-proxy-header");
      return;
    }
    const wait = new HeaderWait(socket, this.#clock, (outcome) => {
      this.#waiting.delete(wait);
      onOutcome(outcome);
    });
    this.#waiting.add(wait);
    attach(socket, wait);
  }

  close(): void {
    for (const wait of this.#waiting) wait.end("gone");
  }
}

class HeaderWait implements SocketOwner {
  readonly #socket: Socket;
  readonly #onOutcome: (outcome: HeaderOutcome) => void;
  readonly #timer: Timer;
  #octets: Buffer = NOTHING;
  #isOver = false;

  constructor(socket: Socket, clock: Clock, onOutcome: (outcome: HeaderOutcome) => void) {
    this.#socket = socket;
    this.#onOutcome = onOutcome;
    this.#timer = clock.after(HEADER_MS, () => this.end("proxy-header-late"));
  }

  onData(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#octets = this.#octets.length === 0 ? chunk : Buffer.concat([this.#octets, chunk]);
    const header = parseProxyHeader(this.#octets);
    if (header === "incomplete") return;
    if (header === "invalid") this.end("proxy-header-invalid");
    else this.#handOver(header);
  }

  onEnd(): void {
    this.end("gone");
  }

  /** Nothing is sent. */
  onDrain(): void {}

  /** The end of the socket follows. */
  onError(): void {}

  onClose(): void {
    this.end("gone");
  }

  end(outcome: Exclude<HeaderOutcome, ProxyHeader>): void {
    this.#socket.destroy();
    this.#finish(outcome);
  }

  #handOver(header: ProxyHeader): void {
    const rest = this.#octets.subarray(header.length);
    this.#socket.pause();
    if (rest.length > 0) this.#socket.unshift(rest);
    this.#finish(header);
  }

  #finish(outcome: HeaderOutcome): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer.cancel();
    this.#octets = NOTHING;
    this.#onOutcome(outcome);
  }
}

const NOTHING = Buffer.alloc(0);
/** A proxy sends the header with its first packet. */
const HEADER_MS = 5_000;
/** Of all listeners; far more than proxies open within one turn of the event loop. */
const MOST_WAITING = 1_024;
