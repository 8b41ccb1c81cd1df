// The server's end of the control socket. Who may open the socket may do all it offers: its mode is the protection.

import { createServer, type Server, type Socket } from "node:net";
import type { Census, KickReport, Observed } from "../gateway/observed.js";
import { listenAt, type SocketOwner } from "./control-socket.js";
import { type ControlRequest, encodeError, encodeReport, parseRequest } from "./messages.js";

export interface ControlServerParts {
  readonly path: string;
  readonly observed: Pick<Observed, "sessions" | "kick">;
  readonly onError: (error: Error) => void;
}

export class ControlServer {
  readonly #parts: ControlServerParts;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #releasePath = (): void => undefined;

  constructor(parts: ControlServerParts) {
    this.#parts = parts;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#serve(socket));
    this.#server.maxConnections = CONNECTIONS_MAX;
  }

  /** Rejects with ControlSocketError. */
  async open(owner?: SocketOwner): Promise<void> {
    this.#releasePath = await listenAt(this.#server, this.#parts.path, owner);
    this.#server.on("error", this.#parts.onError);
  }

  /** Also takes the name of the socket away, unless another server has it by now. */
  close(): void {
    this.#releasePath();
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    let held = "";
    socket.setEncoding("utf8").setTimeout(PATIENCE_MS, () => socket.destroy());
    socket.on("error", () => socket.destroy()).on("close", () => this.#sockets.delete(socket));
    socket.on("end", () => socket.writableEnded || held.includes("\n") || socket.end());
    socket.on("data", (chunk: string) => {
      if (held.includes("\n")) return;
      held += chunk;
      if (held.includes("\n")) void this.#answer(held.slice(0, held.indexOf("\n")), socket);
      else if (held.length > REQUEST_MAX) socket.end(encodeError("the request is too long"));
    });
  }

  async #answer(line: string, socket: Socket): Promise<void> {
    const request = line.length > REQUEST_MAX ? undefined : parseRequest(line);
    if (request === undefined) {
      socket.end(encodeError("this server does not know the request; is it of the same version as the command?"));
      return;
    }
    try {
      socket.end(encodeReport(await this.#perform(request)));
    } catch (error) {
      socket.end(encodeError(String(error)));
    }
  }

  #perform(request: ControlRequest): Promise<Census | KickReport> {
    const { observed } = this.#parts;
    return request.command === "who" ? observed.sessions() : observed.kick(request.target);
  }
}

const CONNECTIONS_MAX = 16;
const REQUEST_MAX = 4096;
const PATIENCE_MS = 5_000;
