// The listener of Prometheus and of whoever asks for health: three paths, small answers, and little patience.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { EXPOSITION_TYPE } from "./exposition.js";

export interface EndpointParts {
  readonly address: string;
  readonly port: number;
  /** The text of /metrics. */
  readonly metrics: () => Promise<string>;
  /** Why the gateway should get no clients; undefined when it can serve them. */
  readonly hindrance: () => Promise<string | undefined>;
}

export class HttpEndpoint {
  readonly #parts: EndpointParts;
  readonly #server: Server;

  constructor(parts: EndpointParts) {
    this.#parts = parts;
    this.#server = createServer(OPTIONS, (request, response) => void this.#answer(request, response));
    this.#server.maxConnections = CONNECTIONS_MAX;
    this.#server.requestTimeout = REQUEST_MS;
    this.#server.headersTimeout = REQUEST_MS;
    this.#server.keepAliveTimeout = IDLE_MS;
    this.#server.timeout = IDLE_MS;
  }

  /** Resolves with the port; rejects with Node's error when the address cannot be had. */
  listen(): Promise<number> {
    const { address: host, port } = this.#parts;
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ host, port, exclusive: true }, () => {
        this.#server.off("error", reject).on("error", () => undefined);
        resolve(portOf(this.#server.address()));
      });
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    const { status, text, type = PLAIN_TEXT } = await this.#content(request).catch(failure);
    const body = Buffer.from(text);
    response.writeHead(status, { "content-type": type, "content-length": body.length, "cache-control": "no-store" });
    response.end(request.method === "HEAD" ? undefined : body);
  }

  async #content({ method, url = "" }: IncomingMessage): Promise<Content> {
    if (method !== "GET" && method !== "HEAD") return { status: 405, text: "GET and HEAD only\n" };
    switch (pathOf(url)) {
      case "/metrics":
        return { status: 200, text: await this.#parts.metrics(), type: EXPOSITION_TYPE };
      case "/healthz":
        // The loop turns, or nobody would read this.
        return { status: 200, text: "ok\n" };
      case "/readyz": {
        const hindrance = await this.#parts.hindrance();
        return hindrance === undefined ? { status: 200, text: "ready\n" } : { status: 503, text: `${hindrance}\n` };
      }
      default:
        return { status: 404, text: "there are /metrics, /healthz and /readyz\n" };
    }
  }
}

interface Content {
  readonly status: number;
  readonly text: string;
  readonly type?: string;
}

/** The whole address may stand there as well (RFC 9112 §3.2.2). */
const pathOf = (url: string): string => url.replace(/^http:\/\/[^/?]*/i, "").replace(/\?.*/s, "");

const failure = (error: unknown): Content => ({ status: 500, text: `${String(error)}\n` });

const portOf = (address: AddressInfo | string | null): number =>
  typeof address === "object" && address !== null ? address.port : 0;

const PLAIN_TEXT = "text/plain; charset=utf-8";
const OPTIONS = { maxHeaderSize: 8192, connectionsCheckingInterval: 1000 };
const CONNECTIONS_MAX = 32;
const REQUEST_MS = 5_000;
const IDLE_MS = 30_000;
