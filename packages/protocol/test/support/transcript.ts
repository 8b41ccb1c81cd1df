// Reads and plays *.transcript files; transcripts/README.md has their grammar.

import assert from "node:assert/strict";
import type { AuthenticationOutcome, Input, MaildropRefusal } from "#protocol/session/input";
import type { LoginOffer, SessionOpening, SessionPolicy } from "#protocol/session/session-policy";
import { FakeServer, latin1 } from "./fake-server.js";
import { CLEAR_OPENING, OPEN_POLICY } from "./policies.js";

export interface Transcript {
  readonly title: string;
  /** Line number and text of each line that says something. */
  readonly steps: readonly { readonly number: number; readonly text: string }[];
}

export function parseTranscript(text: string): Transcript {
  const lines = text.split("\n").map((line, index) => ({ number: index + 1, text: line }));
  const title = lines[0]?.text.replace(/^# /, "") ?? "";
  return { title, steps: lines.filter((line) => line.text !== "" && !line.text.startsWith("#")) };
}

/** Plays it with the client's octets in chunks of `chunkSize`; fails at the first line that differs. */
export function playTranscript(transcript: Transcript, chunkSize: number): void {
  new Player(transcript, chunkSize).play();
}

class Player {
  readonly #transcript: Transcript;
  readonly #chunkSize: number;
  #policy: SessionPolicy = OPEN_POLICY;
  #opening: SessionOpening = CLEAR_OPENING;
  #server: FakeServer | undefined;
  readonly #setUp: ((server: FakeServer) => void)[] = [];
  #message: { uniqueId: string; lines: string[] } | undefined;
  #toSend: Uint8Array = new Uint8Array(0);
  #expected: string[] = [];

  constructor(transcript: Transcript, chunkSize: number) {
    this.#transcript = transcript;
    this.#chunkSize = chunkSize;
  }

  play(): void {
    for (const step of this.#transcript.steps) {
      try {
        this.#take(step.text);
      } catch (error) {
        const what = error instanceof Error ? error.message : String(error);
        throw new Error(`before line ${step.number}: ${step.text}\n${what}`, { cause: error });
      }
    }
    this.#settle();
  }

  #take(text: string): void {
    if (text.startsWith("| ") || text === "|") this.#message?.lines.push(text.slice(2));
    else if (text.startsWith("@")) this.#direct(text.slice(1));
    else if (text.startsWith("C: ")) this.#queue(Buffer.from(`${text.slice(3)}\r\n`));
    else if (text.startsWith("C= ")) this.#queue(latin1(JSON.parse(text.slice(3))));
    else if (/^[SE]: /.test(text)) this.#expect(text);
    else throw new SyntaxError("no such line in a transcript");
  }

  /** A client's line after a server's line: first see that the server said just that. */
  #queue(octets: Uint8Array): void {
    if (this.#expected.length > 0) this.#settle();
    this.#toSend = Buffer.concat([this.#toSend, octets]);
  }

  #expect(line: string): void {
    this.#started();
    this.#expected.push(line);
  }

  /** Sends what is queued and compares everything that was seen. */
  #settle(): void {
    const server = this.#started();
    server.receive(this.#toSend, Math.min(this.#chunkSize, this.#toSend.length));
    this.#toSend = new Uint8Array(0);
    const seen = server.sights().map((sight) => ("line" in sight ? `S: ${sight.line}` : `E: ${sight.effect}`));
    const expected = this.#expected.map((line, index) => filledIn(line, seen[index]));
    this.#expected = [];
    assert.deepEqual(seen, expected);
  }

  #started(): FakeServer {
    if (this.#server === undefined) {
      this.#server = new FakeServer(this.#policy, this.#opening);
      for (const step of this.#setUp) step(this.#server);
      this.#server.start();
    }
    return this.#server;
  }

  #direct(text: string): void {
    const [directive = "", ...words] = text.split(" ");
    if (this.#server !== undefined && (this.#toSend.length > 0 || this.#expected.length > 0)) this.#settle();
    const happening = HAPPENINGS.get(directive);
    if (happening !== undefined) this.#started().tell(happening);
    else if (directive === "go") this.#started().go();
    else if (!this.#changePolicy(directive, words)) this.#prepare(directive, words);
  }

  #changePolicy(directive: string, words: readonly string[]): boolean {
    const [first = "", ...rest] = words;
    switch (directive) {
      case "offer":
        this.#policy = { ...this.#policy, [first]: offerOf(rest) };
        return true;
      case "stls":
        this.#policy = { ...this.#policy, stls: first === "absent" ? "absent" : "available" };
        return true;
      case "limit":
        this.#policy = { ...this.#policy, limits: { ...this.#policy.limits, [first]: Number(rest[0]) } };
        return true;
      case "implementation":
        this.#policy = { ...this.#policy, implementation: words.join(" ") };
        return true;
      case "expire":
        this.#policy = { ...this.#policy, expire: first === "never" ? "never" : Number(first) };
        return true;
      case "apop":
        this.#opening = { ...this.#opening, apopStamp: first };
        return true;
      case "encrypted":
        this.#opening = { ...this.#opening, encrypted: true };
        return true;
      default:
        return false;
    }
  }

  #prepare(directive: string, words: readonly string[]): void {
    const step = this.#preparation(directive, words);
    if (this.#server === undefined) this.#setUp.push(step);
    else step(this.#server);
  }

  #preparation(directive: string, words: readonly string[]): (server: FakeServer) => void {
    const [first = "", second = ""] = words;
    switch (directive) {
      case "account": {
        const [name = "", password = ""] = jsonStringsIn(words.join(" "));
        return (server) => server.accounts.set(name, password);
      }
      case "message": {
        const message = { uniqueId: first, lines: [] };
        this.#message = message;
        return (server) => server.messages.push(message);
      }
      case "login":
        return (server) => server.logins.push(first as AuthenticationOutcome);
      case "refuse":
        return (server) => server.refusals.push(first as MaildropRefusal);
      case "challenge":
        return (server) => server.challenges.push(words.join(" "));
      case "trouble":
        return (server) => server.troubles.set(Number(first), second as "gone" | "unreadable");
      case "unremovable":
        return (server) => {
          server.failedRemovals = Number(first);
        };
      case "show":
        return (server) => server.shown.add(first);
      case "hold":
        return (server) => server.held.add(first);
      default:
        throw new SyntaxError(`no such directive: ${directive}`);
    }
  }
}

const HAPPENINGS: ReadonlyMap<string, Input> = new Map(
  (["end-of-stream", "connection-lost", "autologout", "kicked", "shutdown", "maildrop-lost"] as const).map((type) => [
    type,
    { type },
  ]),
);

const jsonStringsIn = (text: string): string[] =>
  (text.match(/"(?:[^"\\]|\\.)*"/g) ?? []).map((part) => JSON.parse(part));

const offerOf = (words: readonly string[]): LoginOffer => ({
  userPass: words.includes("user-pass"),
  mechanisms: words.filter((word) => word !== "user-pass" && word !== "none"),
});

/** An expected line that ends in `…` takes over what stands there. */
function filledIn(expected: string, seen: string | undefined): string {
  const before = expected.slice(0, -1);
  return expected.endsWith("…") && seen?.startsWith(before) ? seen : expected;
}
