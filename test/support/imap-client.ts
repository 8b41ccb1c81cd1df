// An IMAP session by Python's imaplib, call by call, so that a test decides what happens between two calls.

import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { cleanUp } from "./clean-up.js";
import { within } from "./eventually.js";

const SCRIPT = fileURLToPath(new URL("../../test/clients/imap_calls.py", import.meta.url));

type Child = ChildProcessByStdio<Writable, Readable, null>;

interface Answer {
  readonly status: string;
  readonly data: readonly unknown[];
}

export class ImapClient {
  readonly #child: Child;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: Child) {
    this.#child = child;
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  }

  /** Logs in and selects INBOX; ends with the test. */
  static async login(t: TestContext, port: number, user: string, password: string): Promise<ImapClient> {
    const client = new ImapClient(spawn("python3", [SCRIPT, `${port}`], { stdio: ["pipe", "pipe", "inherit"] }));
    cleanUp(t, () => client.#end());
    await client.call("login", user, password);
    await client.call("select", "INBOX");
    return client;
  }

  /** A method of imaplib; its answer must be OK. */
  async call(name: string, ...args: readonly (string | null)[]): Promise<readonly unknown[]> {
    this.#child.stdin.write(`${JSON.stringify({ call: name, args })}\n`);
    const { value, done } = await within(`imaplib's ${name}`, this.#lines.next());
    assert.ok(!done, `imaplib ended during ${name}`);
    const { status, data }: Answer = JSON.parse(value);
    assert.equal(status, "OK", `${name} ${args.join(" ")}: ${JSON.stringify(data)}`);
    return data;
  }

  /** UIDs of the messages in the selected folder that have this header, after a look at what others did. */
  async find(header: string, value: string): Promise<readonly string[]> {
    await this.call("noop");
    const [uids] = await this.call("uid", "SEARCH", "HEADER", header, `"${value}"`);
    return String(uids ?? "")
      .split(" ")
      .filter((uid) => uid !== "");
  }

  async append(message: Buffer): Promise<void> {
    await this.call("append", "INBOX", null, null, message.toString("latin1"));
  }

  /** Removes one message for good. */
  async expunge(uid: string): Promise<void> {
    await this.call("uid", "STORE", uid, "+FLAGS", "(\\Deleted)");
    await this.call("uid", "EXPUNGE", uid);
  }

  async #end(): Promise<void> {
    this.#child.stdin.end();
    if (this.#child.exitCode === null) await within("imaplib's end", once(this.#child, "exit"));
  }
}
