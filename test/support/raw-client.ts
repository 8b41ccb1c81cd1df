// A POP3 client that forgives nothing: every reply must have the grammar of reply-grammar.ts, octet for octet. Whatever arrives
// beside an expected reply fails the test that reads it, or `quit`, which expects the end of the stream.

import assert from "node:assert/strict";
import { connect as connectTcp, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { within } from "./eventually.js";
import {
  type MultiLineReply,
  parseContinuation,
  parseStatusLine,
  type Reply,
  TERMINATOR,
  unstuff,
} from "./reply-grammar.js";

export interface ClientOptions {
  readonly host?: string;
  readonly tls?: ConnectionOptions;
  /** Writes in pieces of this many octets. */
  readonly chunk?: number;
}

export class RawClient {
  #socket: Socket;
  readonly #chunk: number;
  #received = Buffer.alloc(0);
  #ended = false;
  #error: Error | undefined;
  #wake = (): void => {};
  greeting: Reply = { ok: false, code: undefined, text: "" };

  private constructor(socket: Socket, options: ClientOptions) {
    this.#socket = socket;
    this.#chunk = options.chunk ?? Number.POSITIVE_INFINITY;
    this.#listen(socket);
  }

  /** Connects, with TLS at once when `tls` is given, and reads the greeting. */
  static async connect(port: number, options: ClientOptions = {}): Promise<RawClient> {
    const client = await RawClient.connectSilently(port, options);
    client.greeting = await client.reply();
    return client;
  }

  /** Connects and reads nothing. */
  static async connectSilently(port: number, options: ClientOptions = {}): Promise<RawClient> {
    const host = options.host ?? "127.0.0.1";
    const socket = options.tls ? connectTls({ host, port, ...options.tls }) : connectTcp({ host, port });
    const client = new RawClient(socket.setNoDelay(true), options);
    const connected = new Promise<void>((resolve, reject) => {
      socket.once(options.tls ? "secureConnect" : "connect", () => resolve());
      socket.once("error", reject);
    });
    await within(`connection to port ${port}`, connected);
    return client;
  }

  /** Connects and logs in with USER and PASS. */
  static async login(port: number, user: string, password: string, options: ClientOptions = {}): Promise<RawClient> {
    const client = await RawClient.connect(port, options);
    await client.login(user, password);
    return client;
  }

  get socket(): Socket {
    return this.#socket;
  }

  async login(user: string, password: string): Promise<void> {
    await this.ok(`USER ${user}`);
    await this.ok(`PASS ${password}`);
  }

  async write(octets: string | Uint8Array): Promise<void> {
    const all = typeof octets === "string" ? Buffer.from(octets, "latin1") : octets;
    for (let from = 0; from < all.length; from += this.#chunk) {
      await this.#writePiece(all.subarray(from, Math.min(from + this.#chunk, all.length)));
    }
  }

  async command(line: string): Promise<Reply> {
    await this.write(`${line}\r\n`);
    return this.reply();
  }

  async ok(line: string): Promise<Reply> {
    const reply = await this.command(line);
    assert.ok(reply.ok, `${line.split(" ", 1)[0]} was answered -ERR ${reply.text}`);
    return reply;
  }

  async err(line: string): Promise<Reply> {
    const reply = await this.command(line);
    assert.ok(!reply.ok, `${line} was answered +OK ${reply.text}`);
    return reply;
  }

  /** Sends a command whose positive answer has several lines. */
  async multiLine(line: string): Promise<MultiLineReply> {
    await this.write(`${line}\r\n`);
    return this.multiLineReply(line);
  }

  async multiLineReply(what = "multi-line reply"): Promise<MultiLineReply> {
    const reply = await this.reply();
    assert.ok(reply.ok, `${what} was answered -ERR ${reply.text}`);
    return { ...reply, body: await this.#body() };
  }

  /** The lines of a multi-line answer, as text. */
  async lines(command: string): Promise<string[]> {
    const { body } = await this.multiLine(command);
    return body.length === 0 ? [] : body.toString("latin1").slice(0, -2).split("\r\n");
  }

  async retrieve(message: number): Promise<Buffer> {
    return (await this.multiLine(`RETR ${message}`)).body;
  }

  /** The rest of a `+ ` line, base64 undone. */
  async continuation(): Promise<Buffer> {
    return parseContinuation(await this.line());
  }

  async reply(): Promise<Reply> {
    return parseStatusLine(await this.line());
  }

  /** One line without its CRLF. */
  async line(): Promise<Buffer> {
    let scanned = 0;
    for (;;) {
      const end = this.#received.indexOf(0x0a, scanned);
      if (end >= 0) return this.#takeLine(end);
      scanned = this.#received.length;
      await this.#more("a line");
    }
  }

  /** Upgrades the connection after STLS has been answered +OK. */
  async startTls(options: ConnectionOptions = {}): Promise<void> {
    await this.ok("STLS");
    await this.handshake(options);
  }

  async handshake(options: ConnectionOptions = {}): Promise<void> {
    assert.equal(this.#received.length, 0, "nothing may follow the answer to STLS");
    this.#socket.removeAllListeners();
    const secure = connectTls({ socket: this.#socket, rejectUnauthorized: false, ...options });
    this.#socket = secure;
    this.#listen(secure);
    await within("TLS handshake", new Promise<void>((resolve) => secure.once("secureConnect", () => resolve())));
  }

  /** QUIT, its answer, and the end of the stream with nothing between. */
  async quit(): Promise<Reply> {
    const reply = await this.command("QUIT");
    await this.end();
    return reply;
  }

  /** Waits for the server to end the stream; nothing more may arrive before it does. */
  async end(): Promise<void> {
    while (!this.#ended) await this.#more("the end of the stream", { endIsFine: true });
    assert.equal(this.#received.toString("latin1"), "", "octets after the last reply");
    this.#socket.destroy();
  }

  /** Everything up to the end of the stream. */
  async rest(): Promise<Buffer> {
    while (!this.#ended) await this.#more("the end of the stream", { endIsFine: true });
    return this.#received;
  }

  /** Cuts the connection without a word. */
  destroy(): void {
    this.#socket.destroy();
  }

  #takeLine(end: number): Buffer {
    assert.equal(this.#received[end - 1], 0x0d, "a line that ends in a bare LF");
    const line = this.#received.subarray(0, end - 1);
    this.#received = this.#received.subarray(end + 1);
    return line;
  }

  async #body(): Promise<Buffer> {
    const end = await this.#endOfBody();
    const stuffed = this.#received.subarray(0, end);
    this.#received = this.#received.subarray(end + TERMINATOR.length);
    return unstuff(stuffed);
  }

  /** Where the line that holds the termination octet begins. */
  async #endOfBody(): Promise<number> {
    while (this.#received.length < TERMINATOR.length) await this.#more("a body");
    if (this.#received.subarray(0, TERMINATOR.length).equals(TERMINATOR)) return 0;
    let scanned = 0;
    for (;;) {
      const end = this.#received.indexOf("\r\n.\r\n", scanned);
      if (end >= 0) return end + 2;
      scanned = Math.max(0, this.#received.length - 4);
      await this.#more("the end of a body");
    }
  }

  async #writePiece(piece: Uint8Array): Promise<void> {
    await within("a write", new Promise<void>((resolve) => this.#socket.write(piece, () => resolve())));
    // One turn of the loop, so that each piece is a segment of its own.
    await new Promise((resolve) => setImmediate(resolve));
  }

  async #more(what: string, { endIsFine = false } = {}): Promise<void> {
    if (this.#error && !endIsFine) throw this.#error;
    if (this.#ended) {
      if (endIsFine) return;
      assert.fail(
        `the stream ended while ${what} was awaited; unread: ${JSON.stringify(this.#received.toString("latin1").slice(0, 200))}`,
      );
    }
    await within(what, new Promise<void>((resolve) => (this.#wake = resolve)));
  }

  #listen(socket: Socket): void {
    const parts: Buffer[] = [];
    let isJoining = false;
    const join = (): void => {
      isJoining = false;
      this.#received = Buffer.concat([this.#received, ...parts.splice(0)]);
      this.#wake();
    };
    socket.on("data", (chunk: Buffer) => {
      parts.push(chunk);
      if (!isJoining) setImmediate(join);
      isJoining = true;
    });
    const finish = (error?: Error): void => {
      join();
      this.#error ??= error;
      this.#ended = true;
      this.#wake();
    };
    socket.on("end", () => finish());
    socket.on("close", () => finish());
    socket.on("error", finish);
  }
}
