// Where a command reads and writes: the standard streams, or what a test puts in their place.

import { EXIT, errorCode } from "./exit-code.js";

export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown };
  /** For the result of the command. */
  out(text: string): void;
  /** For everything else: warnings, questions, errors. */
  err(text: string): void;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
}

/** The streams of this process. A reader that has seen enough (`| head`) ends the program quietly, a full disk with an error. */
export const processTerminal = (): Terminal => {
  const { stdin: input, stdout, stderr } = process;
  stdout.on("error", (error) => {
    if (errorCode(error) === "EPIPE") process.exit(EXIT.ok);
    stderr.write(`postigo: the output cannot be written: ${error.message}\n`);
    process.exit(EXIT.inputOutput);
  });
  stderr.on("error", () => undefined);
  return {
    input,
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    outIsTerminal: stdout.isTTY === true,
    errIsTerminal: stderr.isTTY === true,
  };
};
