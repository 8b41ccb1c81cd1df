// The little of a POP3 client that it takes to ask another server for its two listings. What that server sends has bounds.

import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { CommandError, EXIT } from "../exit-code.js";
import { printable } from "../message-rows.js";

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: "none" | "starttls" | "implicit";
}

export interface Login {
  readonly name: string;
  readonly password: Uint8Array;
}

export interface ListedMessage {
  readonly number: number;
  readonly octets: number;
  readonly uniqueId: string;
}

/** In the order of the scan listing. Throws CommandError with what the server said; nothing in its own words once it knows the password. */
export const fetchListing = async (
  address: ServerAddress,
  login: Login,
  deadlineMs = DEADLINE_MS,
): Promise<readonly ListedMessage[]> => {
  const conversation = await Conversation.open(address);
  // One that says an octet now and then is never silent.
  const deadline = setTimeout(() => conversation.giveUp(deadlineMs), deadlineMs);
  try {
    await conversation.ask(line("USER", Buffer.from(login.name)), "USER");
    await conversation.tellPassword(login.password);
    const octets = await conversation.list("LIST");
    const uniqueIds = new Map(await conversation.list("UIDL"));
    await conversation.ask(line("QUIT"), "QUIT");
    return octets.map(([number, value]) => ({
      number,
      octets: Number.parseInt(value, 10),
      uniqueId: uniqueIds.get(number) ?? "",
    }));
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(EXIT.unavailable, `${nameOf(address)}: ${error instanceof Error ? error.message : error}`);
  } finally {
    clearTimeout(deadline);
    conversation.close();
  }
};

class Conversation {
  readonly #address: ServerAddress;
  #socket: Socket;
  #lines: AsyncGenerator<string, void>;
  #knowsPassword = false;

  private constructor(address: ServerAddress, socket: Socket) {
    this.#address = address;
    this.#socket = socket;
    this.#lines = linesOf(socket);
  }

  static async open(address: ServerAddress): Promise<Conversation> {
    const { host, port, tls } = address;
    const socket =
      tls === "implicit" ? connectTls({ host, port, servername: serverName(host) }) : connectTcp({ host, port });
    const conversation = new Conversation(address, socket);
    try {
      await connected(socket, tls === "implicit" ? "secureConnect" : "connect");
      await conversation.#status("its greeting");
      if (tls === "starttls") await conversation.#startTls();
      return conversation;
    } catch (error) {
      socket.destroy();
      if (error instanceof CommandError) throw error;
      throw new CommandError(EXIT.unavailable, `${nameOf(address)}: ${error instanceof Error ? error.message : error}`);
    }
  }

  /** `what` stands for the command in what is told of a refusal. */
  async ask(command: Uint8Array, what: string): Promise<void> {
    this.#socket.write(command);
    await this.#status(what);
  }

  async tellPassword(password: Uint8Array): Promise<void> {
    this.#knowsPassword = true;
    await this.ask(line("PASS", password), "PASS");
  }

  async list(command: "LIST" | "UIDL"): Promise<readonly (readonly [number, string])[]> {
    await this.ask(line(command), command);
    const entries: (readonly [number, string])[] = [];
    for (let text = await this.#line(); text !== "."; text = await this.#line()) {
      const [, number, value] = ENTRY.exec(text) ?? [];
      if (number === undefined || value === undefined || entries.length === MOST_MESSAGES) {
        throw this.#fault(`its answer to ${command} cannot be read`);
      }
      entries.push([Number.parseInt(number, 10), value]);
    }
    return entries;
  }

  close(): void {
    this.#socket.destroy();
  }

  giveUp(afterMs: number): void {
    this.#socket.destroy(new Error(`it was not done after ${afterMs / 1000} s`));
  }

  /** What a server has sent before the handshake is not believed after it: the lines begin anew. */
  async #startTls(): Promise<void> {
    await this.ask(line("STLS"), "STLS");
    const plain = this.#socket.removeAllListeners();
    this.#socket = connectTls({ socket: plain, host: this.#address.host, servername: serverName(this.#address.host) });
    await connected(this.#socket, "secureConnect");
    this.#lines = linesOf(this.#socket);
  }

  async #status(what: string): Promise<void> {
    const text = await this.#line();
    if (text.startsWith("+OK")) return;
    const said = this.#knowsPassword ? codeOf(text) : printable(text.slice(0, 200));
    throw this.#fault(`${what} was answered "${said}"`);
  }

  async #line(): Promise<string> {
    const { value } = await this.#lines.next();
    if (value === undefined) throw this.#fault("it ended the connection");
    return value;
  }

  #fault(what: string): CommandError {
    return new CommandError(EXIT.unavailable, `${nameOf(this.#address)}: ${what}`);
  }
}

/** Ends with the stream; throws for a line that has no end. */
async function* linesOf(socket: Socket): AsyncGenerator<string, void> {
  let rest = "";
  for await (const chunk of socket) {
    const [first = "", ...more] = chunk.toString("latin1").split("\n");
    rest += first;
    for (const next of more) {
      yield rest.endsWith("\r") ? rest.slice(0, -1) : rest;
      rest = next;
    }
    if (rest.length > LINE_OCTETS) throw new Error("it sent a line without an end");
  }
}

const connected = async (socket: Socket, event: "connect" | "secureConnect"): Promise<void> => {
  socket.setTimeout(SILENCE_MS, () => socket.destroy(new Error(`it said nothing for ${SILENCE_MS / 1000} s`)));
  await once(socket, event);
};

const line = (keyword: string, argument?: Uint8Array): Buffer => {
  const words = argument === undefined ? [Buffer.from(keyword)] : [Buffer.from(`${keyword} `), Buffer.from(argument)];
  const octets = Buffer.concat([...words, Buffer.from("\r\n")]);
  if (CONTROL.test(octets.toString("latin1", 0, octets.length - 2))) {
    throw new CommandError(EXIT.usage, `what ${keyword} is to carry holds a line end or another control octet`);
  }
  return octets;
};

/** A server may say the password back, escaped or cut as it likes; what is known beforehand cannot hold it. */
const codeOf = (text: string): string => {
  const [, code] = RESPONSE_CODE.exec(text) ?? [];
  if (code !== undefined) return `-ERR [${code.toUpperCase()}] …`;
  return text.startsWith("-ERR") ? "-ERR …" : "…";
};

/** A name for SNI; an address is none. */
const serverName = (host: string): string => (/^[\d.]+$|:/.test(host) ? "" : host);
const nameOf = ({ host, port }: ServerAddress): string => `${host}:${port}`;

const ENTRY = /^(\d{1,10}) (\S+) *$/;
/** RFC 2449 §8, RFC 3206; one that is not known is words. */
const RESPONSE_CODE = /^-ERR \[(AUTH|IN-USE|LOGIN-DELAY|SYS\/TEMP|SYS\/PERM|UTF8)\]/i;
const CONTROL = /\p{Cc}/u;
const MOST_MESSAGES = 10_000_000;
const LINE_OCTETS = 4096;
const SILENCE_MS = 60_000;
const DEADLINE_MS = 600_000;
