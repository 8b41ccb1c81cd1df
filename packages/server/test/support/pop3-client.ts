// A POP3 client that knows nothing but octets. It reads only when it is asked to: in between it is a slow client.

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { connect as connectTls, type TLSSocket } from "node:tls";

export class Pop3Client {
  readonly socket: Socket;
  #chunks: Buffer[] = [];
  #length = 0;
  #ended = false;
  /** The connection ended with a reset. */
  wasReset = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => {
      this.wasReset = true;
    });
    socket.on("close", () => {
      this.#ended = true;
    });
  }

  send(text: string | Uint8Array): this {
    this.socket.write(text);
    return this;
  }

  /** Sends these and no more; still reads. */
  end(text = ""): this {
    this.socket.end(text);
    return this;
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** The next line, without its CRLF; undefined when none comes any more. */
  async line(): Promise<string | undefined> {
    for (let searched = 0; ; ) {
      const held = this.#joined();
      const at = held.indexOf("\r\n", searched);
      if (at >= 0)
        return this.#take(at + 2)
          .toString("latin1")
          .slice(0, -2);
      searched = Math.max(0, held.length - 1);
      if (!(await this.#read())) return undefined;
    }
  }

  async lines(count: number): Promise<(string | undefined)[]> {
    const lines: (string | undefined)[] = [];
    for (let index = 0; index < count; index++) lines.push(await this.line());
    return lines;
  }

  async octets(count: number): Promise<Buffer> {
    while (this.#length < count && (await this.#read()));
    return this.#take(Math.min(count, this.#length));
  }

  /** All that comes until the end. */
  async rest(): Promise<Buffer> {
    while (await this.#read());
    return this.#take(this.#length);
  }

  /** Sends a command, gives the status line. */
  ask(command: string): Promise<string | undefined> {
    return this.send(`${command}\r\n`).line();
  }

  /** The greeting, then USER and PASS; the last answer. */
  async login(user = "ana", password = "secret"): Promise<string | undefined> {
    await this.line();
    await this.ask(`USER ${user}`);
    return this.ask(`PASS ${password}`);
  }

  /** STLS has been answered: the rest is encrypted. */
  async secure(options: object = {}): Promise<Pop3Client> {
    this.socket.removeAllListeners("readable");
    const socket = connectTls({ socket: this.socket, rejectUnauthorized: false, ...options });
    await once(socket, "secureConnect");
    return new Pop3Client(socket);
  }

  async #read(): Promise<boolean> {
    for (;;) {
      const chunk: Buffer | null = this.socket.read();
      if (chunk !== null) {
        this.#chunks.push(chunk);
        this.#length += chunk.length;
        return true;
      }
      if (this.#ended || this.socket.readableEnded || this.socket.destroyed) return false;
      await something(this.socket);
    }
  }

  #joined(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  #take(count: number): Buffer {
    const held = this.#joined();
    this.#chunks = [held.subarray(count)];
    this.#length = held.length - count;
    return held.subarray(0, count);
  }
}

/** Octets, the end of them, or the end of all. */
function something(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const name of EVENTS) socket.off(name, done);
      resolve();
    };
    for (const name of EVENTS) socket.once(name, done);
  });
}

const EVENTS = ["readable", "end", "close"] as const;

export async function dial(t: TestContext, port: number, host = "127.0.0.1"): Promise<Pop3Client> {
  const socket = connect({ port, host, allowHalfOpen: true, noDelay: true });
  t.after(() => socket.destroy());
  const client = new Pop3Client(socket);
  await once(socket, "connect");
  return client;
}

export async function dialTls(t: TestContext, port: number, options: object = {}): Promise<Pop3Client> {
  const socket: TLSSocket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false, ...options });
  t.after(() => socket.destroy());
  await once(socket, "secureConnect");
  return new Pop3Client(socket);
}
