// Plays the server's part for one session: performs what it asks for, against accounts and messages in memory, and keeps
// what the client would have read. An outcome can be held back, to see what the session does meanwhile.

import type { AuthenticationMethod, Effect } from "#protocol/session/effect";
import type { AuthenticationOutcome, Input, MaildropRefusal } from "#protocol/session/input";
import { Listing } from "#protocol/session/listing";
import { Session } from "#protocol/session/session";
import type { SessionOpening, SessionPolicy } from "#protocol/session/session-policy";

export interface FakeMessage {
  readonly uniqueId: string;
  /** Without line ends. */
  readonly lines: readonly string[];
}

/** One thing that can be seen from outside: a line to the client, or what the server was asked to do. */
export type Sight = { readonly line: string } | { readonly effect: string };

/** Effects that every transcript shows; the rest only where it asks for them. */
const ALWAYS_SHOWN = ["start-tls", "cancel-authentication", "update-maildrop", "release-maildrop", "close"];

export class FakeServer {
  readonly accounts = new Map<string, string>();
  messages: FakeMessage[] = [];
  /** What the next logins, openings and messages come to, before the default. */
  readonly logins: AuthenticationOutcome[] = [];
  readonly refusals: MaildropRefusal[] = [];
  readonly challenges: string[] = [];
  readonly troubles = new Map<number, "gone" | "unreadable">();
  failedRemovals = 0;
  readonly shown = new Set<string>(ALWAYS_SHOWN);
  /** Effect types whose outcome waits for `go`, and input types that wait themselves. */
  readonly held = new Set<string>();
  readonly session: Session;
  readonly effects: Effect[] = [];
  readonly #sights: Sight[] = [];
  readonly #waiting: Input[][] = [];
  #partial = "";
  #body = "";

  constructor(policy: SessionPolicy, opening: SessionOpening) {
    this.session = new Session(policy, opening);
  }

  start(): void {
    this.#perform(this.session.start());
  }

  /** Gives the session octets in chunks of a memory that is overwritten afterwards, as a transport would. */
  receive(octets: Uint8Array, chunkSize = octets.length): void {
    // A Buffer, as sockets hand them out: its slice() is a view.
    const memory = Buffer.alloc(Math.max(chunkSize, 1));
    for (let from = 0; from < octets.length; from += chunkSize) {
      const piece = octets.subarray(from, from + chunkSize);
      memory.set(piece);
      this.tell({ type: "octets", chunk: memory.subarray(0, piece.length) });
      memory.fill(0x21);
    }
  }

  tell(input: Input): void {
    this.#perform(this.session.handle(input));
  }

  /** Delivers what was held back. */
  go(): void {
    this.held.clear();
    for (const inputs of this.#waiting.splice(0)) this.#deliver(inputs);
  }

  /** Everything seen since the last call; an unfinished line stands as it is. */
  sights(): readonly Sight[] {
    if (this.#partial !== "") this.#sights.push({ line: `${this.#partial}<no line end>` });
    this.#partial = "";
    return this.#sights.splice(0);
  }

  #perform(effects: readonly Effect[]): void {
    for (const effect of effects) {
      this.effects.push(effect);
      this.#show(effect);
      if (effect.type === "send") this.#sent(effect.octets);
      const inputs = this.#outcomesOf(effect);
      if (this.held.has(effect.type)) this.#waiting.push(inputs);
      else this.#deliver(inputs);
    }
  }

  /** One after the other, until one is held back. The body of a message goes out before `message-sent`. */
  #deliver(inputs: readonly Input[]): void {
    const [input, ...rest] = inputs;
    if (input === undefined) return;
    if (this.held.has(input.type)) {
      this.#waiting.push([...inputs]);
      return;
    }
    if (input.type === "message-sent") this.#sent(latin1(this.#body));
    if (this.session.state !== "CLOSED") this.tell(input);
    this.#deliver(rest);
  }

  #outcomesOf(effect: Effect): Input[] {
    switch (effect.type) {
      case "authenticate":
        return [this.#firstStep(effect.method)];
      case "continue-authentication":
        return [this.#nextStep()];
      case "open-maildrop":
        return [this.#open()];
      case "send-message":
        return this.#sendMessage(effect.message, effect.bodyLines);
      case "update-maildrop":
        return [{ type: "maildrop-updated", failed: this.failedRemovals }];
      case "start-tls":
        return [{ type: "tls-established" }];
      case "await-drain":
        return [{ type: "drained" }];
      default:
        return [];
    }
  }

  #firstStep(method: AuthenticationMethod): Input {
    if (method.type === "sasl") return this.#nextStep();
    return this.#finished(method.type === "apop" || this.#knows(method.user, method.password.reveal()));
  }

  #nextStep(): Input {
    const challenge = this.challenges.shift();
    return challenge === undefined
      ? this.#finished(true)
      : { type: "authentication-challenge", challenge: latin1(challenge) };
  }

  #finished(isRight: boolean): Input {
    const outcome = this.logins.shift() ?? (isRight ? "accepted" : "rejected");
    return { type: "authentication-finished", outcome };
  }

  #knows(user: string, password: Uint8Array): boolean {
    return this.accounts.get(user) === Buffer.from(password).toString("utf8");
  }

  #open(): Input {
    const reason = this.refusals.shift();
    if (reason !== undefined) return { type: "maildrop-refused", reason };
    return { type: "maildrop-opened", listing: listingOf(this.messages) };
  }

  #sendMessage(number: number, bodyLines: number | "all"): Input[] {
    const reason = this.troubles.get(number);
    const message = this.messages[number - 1];
    if (reason !== undefined || message === undefined) {
      return [{ type: "message-unavailable", reason: reason ?? "gone" }];
    }
    this.#body = wireForm(linesOf(message, bodyLines));
    return [{ type: "message-opened", octets: octetsOf(message) }, { type: "message-sent" }];
  }

  #show(effect: Effect): void {
    if (this.shown.has(effect.type)) this.#sights.push({ effect: describe(effect) });
  }

  #sent(octets: Uint8Array): void {
    const lines = (this.#partial + Buffer.from(octets).toString("utf8")).split("\r\n");
    this.#partial = lines.pop() ?? "";
    for (const line of lines) this.#sights.push({ line });
  }
}

export const octetsOf = (message: FakeMessage): number =>
  message.lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 2, 0);

const listingOf = (messages: readonly FakeMessage[]): Listing =>
  new Listing({
    count: messages.length,
    octetsAt: (position) => octetsOf(messages[position] as FakeMessage),
    uniqueIdAt: (position) => (messages[position] as FakeMessage).uniqueId,
  });

export const latin1 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));

function linesOf({ lines }: FakeMessage, bodyLines: number | "all"): readonly string[] {
  if (bodyLines === "all") return lines;
  const separator = lines.indexOf("");
  return separator === -1 ? lines : lines.slice(0, separator + 1 + bodyLines);
}

const wireForm = (lines: readonly string[]): string =>
  [...lines.map((line) => (line.startsWith(".") ? `.${line}` : line)), "."].map((line) => `${line}\r\n`).join("");

function describe(effect: Effect): string {
  switch (effect.type) {
    case "authenticate":
      return `authenticate ${describeMethod(effect.method)}`;
    case "continue-authentication":
      return `continue-authentication "${Buffer.from(effect.response.reveal()).toString("latin1")}"`;
    case "send-message":
      return `send-message ${effect.message} ${effect.bodyLines}`;
    case "update-maildrop":
      return ["update-maildrop", ...effect.deleted].join(" ");
    case "close":
      return `close ${effect.reason}`;
    default:
      return effect.type;
  }
}

function describeMethod(method: AuthenticationMethod): string {
  const text = (octets: Uint8Array) => `"${Buffer.from(octets).toString("utf8")}"`;
  switch (method.type) {
    case "password":
      return `password "${method.user}" ${text(method.password.reveal())}`;
    case "apop":
      return `apop "${method.user}" ${method.digest}`;
    case "sasl":
      return `sasl ${method.mechanism} ${method.initialResponse === undefined ? "-" : text(method.initialResponse.reveal())}`;
  }
}
