// POP3 as one would write it on a napkin: strings, arrays and sets. It says which lines a client must read for each line it
// sends; the session is compared with it over random conversations.

import { type FakeMessage, octetsOf } from "./fake-server.js";

const BAD = "-ERR";

export class NaiveModel {
  readonly #messages: readonly FakeMessage[];
  readonly #password: string;
  #user: string | undefined;
  #isLoggedIn = false;
  #isOver = false;
  #bad = 0;
  readonly #marked = new Set<number>();
  /** What the update was asked to remove. */
  removed: number[] | undefined;

  constructor(messages: readonly FakeMessage[], password: string) {
    this.#messages = messages;
    this.#password = password;
  }

  /** Lines to the client: whole, or only their status indicator and response code where a human sentence follows. */
  say(line: string): string[] {
    if (this.#isOver) return [];
    const [keyword = "", ...words] = line.split(" ");
    const lines = this.#isLoggedIn ? this.#transaction(keyword, words) : this.#authorization(keyword, words);
    if (lines !== undefined) {
      if (lines[0]?.startsWith("+")) this.#bad = 0;
      return lines;
    }
    this.#isOver = ++this.#bad === (this.#isLoggedIn ? 20 : 3);
    return [BAD];
  }

  #authorization(keyword: string, words: string[]): string[] | undefined {
    if (keyword === "QUIT" && words.length === 0) return this.#quit(undefined);
    if (keyword === "USER" && words.length === 1) {
      this.#user = words[0];
      return ["+OK"];
    }
    if (keyword !== "PASS" || words.length === 0 || this.#user === undefined) return undefined;
    this.#isLoggedIn = this.#user === "mrose" && words.join(" ") === this.#password;
    this.#user = undefined;
    return [this.#isLoggedIn ? "+OK" : "-ERR [AUTH]"];
  }

  #transaction(keyword: string, words: string[]): string[] | undefined {
    if (keyword === "RETR" || keyword === "DELE") return this.#onOne(keyword, words);
    if (keyword === "TOP") return this.#top(words);
    if ((keyword === "LIST" || keyword === "UIDL") && words.length > 0) return this.#onOne(keyword, words);
    if (words.length > 0) return undefined;
    const left = this.#messages.map((_, index) => index + 1).filter((number) => !this.#marked.has(number));
    if (keyword === "NOOP") return ["+OK"];
    if (keyword === "STAT")
      return [`+OK ${left.length} ${left.reduce((sum, number) => sum + this.#octets(number), 0)}`];
    if (keyword === "LIST") return ["+OK", ...left.map((number) => `${number} ${this.#octets(number)}`), "."];
    if (keyword === "UIDL") return ["+OK", ...left.map((number) => `${number} ${this.#message(number).uniqueId}`), "."];
    if (keyword === "QUIT") return this.#quit([...this.#marked].sort((a, b) => a - b));
    if (keyword !== "RSET") return undefined;
    this.#marked.clear();
    return ["+OK"];
  }

  #onOne(keyword: string, words: string[]): string[] | undefined {
    if (words.length !== 1 || !/^\d+$/.test(words[0] ?? "")) return undefined;
    const number = Number(words[0]);
    if (number < 1 || number > this.#messages.length || this.#marked.has(number)) return [BAD];
    if (keyword === "LIST") return [`+OK ${number} ${this.#octets(number)}`];
    if (keyword === "UIDL") return [`+OK ${number} ${this.#message(number).uniqueId}`];
    if (keyword === "RETR") return ["+OK", ...stuffed(this.#message(number).lines), "."];
    this.#marked.add(number);
    return ["+OK"];
  }

  #top(words: string[]): string[] | undefined {
    if (words.length !== 2 || !/^\d+$/.test(words[1] ?? "")) return undefined;
    const whole = this.#onOne("RETR", words.slice(0, 1));
    if (whole === undefined || whole[0] === BAD) return whole;
    const separator = whole.indexOf("");
    return separator === -1 ? whole : [...whole.slice(0, -1).slice(0, separator + 1 + Number(words[1])), "."];
  }

  #quit(removed: number[] | undefined): string[] {
    this.#isOver = true;
    this.removed = removed;
    return ["+OK"];
  }

  readonly #message = (number: number): FakeMessage => this.#messages[number - 1] as FakeMessage;
  readonly #octets = (number: number): number => octetsOf(this.#message(number));
}

const stuffed = (lines: readonly string[]): string[] => lines.map((line) => (line.startsWith(".") ? `.${line}` : line));
