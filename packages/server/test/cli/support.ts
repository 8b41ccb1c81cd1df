// The real program as a child process, and what it needs to look at.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { main } from "#server/cli/main";

const PROGRAM = fileURLToPath(new URL("../../bin/postigo.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
}

/** Runs `postigo` to its end, with none of the variables of this process but PATH. */
export const postigo = (words: readonly string[], surroundings: Surroundings = {}): Promise<Ended> => {
  const child = start(words, surroundings);
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(surroundings.input ?? "");
  return ended(child);
};

/** The same within this process: a tenth of the time, for what needs no process of its own. The environment is this one's. */
export const call = async (words: readonly string[], input: string | Uint8Array = ""): Promise<Ended> => {
  let out = "";
  let err = "";
  const code = await main(words, {
    input: Object.assign(Readable.from([Buffer.from(input)]), { isTTY: false }),
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    outIsTerminal: false,
    errIsTerminal: false,
  });
  return { code, out, err };
};

export const start = (words: readonly string[], { env = {}, cwd }: Surroundings = {}): ChildProcess =>
  spawn(process.execPath, [PROGRAM, ...words], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });

export const ended = (child: ChildProcess): Promise<Ended> => {
  const out = gathered(child.stdout);
  const err = gathered(child.stderr);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out: out(), err: err() }));
  });
};

const gathered = (stream: NodeJS.ReadableStream | null): (() => string) => {
  const chunks: Buffer[] = [];
  stream?.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString("utf8");
};

/** A folder that goes when the test is over. */
export const temporaryFolder = (t: { after(clean: () => void): void }): string => {
  const folder = mkdtempSync(join(tmpdir(), "postigo-cli-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** Makes a Maildir with these files (`new/…`, `cur/…`; `cur/` before what has no folder). */
export const makeMaildir = (path: string, files: Readonly<Record<string, string>> = {}): string => {
  for (const folder of ["new", "cur", "tmp"]) mkdirSync(join(path, folder), { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(Buffer.from(join(path, name.includes("/") ? name : join("cur", name)), "latin1"), content);
  }
  return path;
};
