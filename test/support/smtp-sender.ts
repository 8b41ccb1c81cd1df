// Just enough SMTP to hand messages to a server that announces PIPELINING.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface, type Interface } from "node:readline";
import { within } from "./eventually.js";

export class SmtpSender {
  readonly #socket: Socket;
  readonly #lines: AsyncIterator<string>;

  private constructor(socket: Socket, lines: Interface) {
    this.#socket = socket;
    this.#lines = lines[Symbol.asyncIterator]();
  }

  static async connect(port: number): Promise<SmtpSender> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    const sender = new SmtpSender(socket, createInterface(socket));
    await sender.#expect("220");
    socket.write("EHLO client.example.test\r\n");
    await sender.#expect("250");
    return sender;
  }

  /** `message` has LF line ends; one transaction. */
  async send(from: string, to: string, message: Buffer): Promise<void> {
    this.#socket.write(`MAIL FROM:<${from}>\r\nRCPT TO:<${to}>\r\nDATA\r\n`);
    for (const code of ["250", "250", "354"]) await this.#expect(code);
    const stuffed = message.toString("latin1").replaceAll(/^\./gm, "..").replaceAll("\n", "\r\n");
    this.#socket.write(Buffer.from(`${stuffed}.\r\n`, "latin1"));
    await this.#expect("250");
  }

  async quit(): Promise<true> {
    this.#socket.write("QUIT\r\n");
    await this.#expect("221");
    this.#socket.destroy();
    return true;
  }

  async #expect(code: string): Promise<void> {
    for (;;) {
      const { value } = await within(`SMTP ${code}`, this.#lines.next());
      assert.ok(String(value).startsWith(code), `SMTP answered ${value}, not ${code}`);
      if (String(value)[3] === " ") return;
    }
  }
}
