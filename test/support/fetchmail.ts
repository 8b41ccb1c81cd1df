// fetchmail, with a home of its own that outlives a poll.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PASSWORD } from "./gateway-process.js";
import { type Finished, run } from "./real-client.js";

/** fetchmail's exit statuses. */
export const FETCHED = 0;
export const NOTHING_NEW = 1;
export const AUTHENTICATION = 3;

export class Fetchmail {
  readonly #home: string;
  readonly #target: string;

  /** `directory`: where its home is made. */
  constructor(directory: string) {
    this.#home = join(directory, "fetchmail");
    this.#target = join(this.#home, "mail");
    mkdirSync(this.#target, { recursive: true });
    writeFileSync(join(this.#home, "store"), `cat >"$(mktemp '${this.#target}/XXXXXXXXXX')"\n`);
  }

  poll(port: number, options: string, password = PASSWORD): Promise<Finished> {
    const configuration = join(this.#home, "fetchmailrc");
    const lines = [
      `poll localhost protocol POP3 service ${port} ${options.includes("uidl") ? "uidl" : ""}`,
      `username "alice" password "${password}" no rewrite mda "sh ${this.#home}/store"`,
      options.replace("uidl", ""),
    ];
    writeFileSync(configuration, `set invisible\n${lines.join("\n")}\n`, { mode: 0o600 });
    const files = ["--pidfile", join(this.#home, "pid"), "--idfile", join(this.#home, "ids")];
    return run("fetchmail", ["--fetchmailrc", configuration, "--nosyslog", "--nodetach", ...files], {
      env: { HOME: this.#home, FETCHMAILHOME: this.#home, LC_ALL: "C" },
    });
  }

  /** Messages fetched so far, with LF line ends as fetchmail hands them on. */
  fetched(): Buffer[] {
    return readdirSync(this.#target).map((name) => readFileSync(join(this.#target, name)));
  }
}
