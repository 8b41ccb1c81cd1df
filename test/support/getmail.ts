// getmail6, with a home of its own that outlives a poll.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PASSWORD } from "./gateway-process.js";
import { run } from "./real-client.js";

const DRIVER = fileURLToPath(new URL("../../test/clients/getmail.py", import.meta.url));

/** getmail refuses to deliver as root. */
const NOBODY = process.getuid?.() === 0 ? 65_534 : undefined;

export class Getmail {
  readonly #home: string;

  /** `directory`: where its home is made. */
  constructor(directory: string) {
    this.#home = join(directory, "getmail");
    for (const folder of ["", "mail", "mail/new", "mail/cur", "mail/tmp"]) this.#own(mkdir(join(this.#home, folder)));
  }

  async poll(retriever: string, port: number, options: string): Promise<void> {
    const configuration = join(this.#home, "getmailrc");
    const sections = [
      `[retriever]\ntype = ${retriever}\nserver = 127.0.0.1\nport = ${port}\nusername = alice\npassword = ${PASSWORD}`,
      `[destination]\ntype = Maildir\npath = ${this.#home}/mail/`,
      `[options]\nreceived = false\ndelivered_to = false\nverbose = 0\n${options}`,
    ];
    writeFileSync(configuration, `${sections.join("\n\n")}\n`, { mode: 0o600 });
    this.#own(configuration);
    // The interpreter that getmail names has its modules; the driver comes by standard input, as its user may not read this directory.
    const program = execFileSync("sh", ["-c", "command -v getmail"], { encoding: "utf8" }).trim();
    const interpreter = /^#!(\S+)/.exec(readFileSync(program, "utf8"))?.[1] ?? "python3";
    const args = ["-", program, "--getmaildir", this.#home, "--rcfile", configuration];
    const { status, stderr, stdout } = await run(interpreter, args, {
      input: readFileSync(DRIVER, "utf8"),
      env: { HOME: this.#home },
      ...(NOBODY === undefined ? {} : { user: NOBODY }),
    });
    assert.equal(status, 0, stderr + stdout);
  }

  #own(path: string): void {
    if (NOBODY !== undefined) chownSync(path, NOBODY, NOBODY);
  }

  fetched(): Buffer[] {
    const folder = join(this.#home, "mail", "new");
    return readdirSync(folder).map((name) => readFileSync(join(folder, name)));
  }
}

function mkdir(path: string): string {
  mkdirSync(path, { recursive: true });
  return path;
}
