// A password from a person, unseen and twice, or from a pipe.

import { CommandError, EXIT } from "./exit-code.js";
import type { Terminal } from "./terminal.js";

/** The octets of the password, without the line end behind it. */
export const readPassword = async (terminal: Terminal): Promise<Uint8Array> => {
  if (terminal.input.isTTY !== true) return firstLine(await readAll(terminal));
  const [password, again] = await ask(terminal, ["Password: ", "Again:    "]);
  if (password !== undefined && again !== undefined && password.equals(again)) return password;
  throw new CommandError(EXIT.usage, "the two differ; nothing was made");
};

/** The password of an account that exists elsewhere: asked for once. */
export const readKnownPassword = async (terminal: Terminal): Promise<Uint8Array> => {
  if (terminal.input.isTTY !== true) return firstLine(await readAll(terminal));
  const [password] = await ask(terminal, ["Password: "]);
  return password ?? new Uint8Array();
};

const readAll = async ({ input }: Terminal): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let octets = 0;
  for await (const chunk of input) {
    const piece = Buffer.from(chunk);
    octets += piece.length;
    if (octets > MOST_OCTETS) throw new CommandError(EXIT.usage, "standard input holds far more than a password");
    chunks.push(piece);
  }
  return Buffer.concat(chunks);
};

const firstLine = (octets: Buffer): Buffer => {
  const end = octets.indexOf(LF);
  const line = end === -1 ? octets : octets.subarray(0, end);
  return line.at(-1) === CR ? line.subarray(0, -1) : line;
};

/** Asks on a terminal in raw mode: what is typed, ahead of a question too, never reaches the screen. */
const ask = ({ input, err }: Terminal, questions: readonly string[]): Promise<readonly Buffer[]> =>
  new Promise((resolve, reject) => {
    const editor = new HiddenLines();
    const end = (): void => {
      input.off("data", listen).off("end", end);
      input.pause();
      input.setRawMode?.(false);
      err("\n");
      if (editor.lines.length < questions.length) reject(new CommandError(EXIT.usage, "cancelled; nothing was made"));
      else resolve(editor.lines);
    };
    const listen = (chunk: string | Buffer): void => {
      const before = editor.lines.length;
      editor.type(Buffer.from(chunk));
      if (editor.isCancelled || editor.lines.length >= questions.length) end();
      else if (editor.lines.length > before) err(`\n${questions[editor.lines.length]}`);
    };
    err(questions[0] ?? "");
    input.setRawMode?.(true);
    input.on("data", listen).on("end", end).resume();
  });

/** What has been typed, a line at a time, with the few keys that edit it. */
class HiddenLines {
  readonly lines: Buffer[] = [];
  isCancelled = false;
  #typed: number[] = [];

  type(keys: Uint8Array): void {
    for (const octet of keys) this.#key(octet);
  }

  #key(octet: number): void {
    switch (KEYS.get(octet)) {
      case "enter":
        this.lines.push(Buffer.from(this.#typed));
        this.#typed = [];
        break;
      case "cancel":
        this.isCancelled = true;
        break;
      case "erase":
        eraseCharacter(this.#typed);
        break;
      case "erase-all":
        this.#typed = [];
        break;
      default:
        if (this.#typed.length < MOST_OCTETS) this.#typed.push(octet);
    }
  }
}

/** A character of UTF-8 may be several octets: all that continue it go with it. */
const eraseCharacter = (typed: number[]): void => {
  let last = typed.pop();
  while (last !== undefined && (last & 0xc0) === 0x80) last = typed.pop();
};

const KEYS: ReadonlyMap<number, "enter" | "cancel" | "erase" | "erase-all"> = new Map([
  [0x0d, "enter"],
  [0x0a, "enter"],
  [0x03, "cancel"],
  [0x04, "cancel"],
  [0x08, "erase"],
  [0x7f, "erase"],
  [0x15, "erase-all"],
]);
const LF = 0x0a;
const CR = 0x0d;
const MOST_OCTETS = 4096;
