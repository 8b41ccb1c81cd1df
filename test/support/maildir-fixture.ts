// A Maildir of a test: put messages in, see what is left.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canonical } from "./canonical.js";
import type { StoredFile } from "./hard-messages.js";

const FIRST_DELIVERY = 1_795_000_000;

export class MaildirFixture {
  readonly path: string;
  #delivered = 0;

  constructor(path: string) {
    this.path = path;
    for (const folder of ["tmp", "new", "cur"]) mkdirSync(join(path, folder), { recursive: true });
  }

  /** Puts files straight into place, in order; without a name of their own they get one whose time rises. */
  fill(files: readonly StoredFile[]): this {
    for (const file of files) this.add(file);
    return this;
  }

  /** `count` messages of a few hundred octets, each different. */
  fillWithNumbered(count: number): this {
    for (let n = 1; n <= count; n += 1) this.add({ what: `${n}`, octets: numberedMessage(n) });
    return this;
  }

  add(file: StoredFile): void {
    this.#delivered += 1;
    const name = file.name ?? `${FIRST_DELIVERY + this.#delivered}.M${this.#delivered}P7.mail.example.test`;
    writeFileSync(Buffer.from(join(this.path, file.folder ?? "new", name), "latin1"), file.octets);
  }

  /** Message files below new/ and cur/, as `new/…`, one latin-1 character an octet. */
  files(): string[] {
    return ["new", "cur"].flatMap((folder) =>
      readdirSync(join(this.path, folder), "latin1").map((name) => `${folder}/${name}`),
    );
  }

  get count(): number {
    return this.files().length;
  }

  read(file: string): Buffer {
    return readFileSync(Buffer.from(join(this.path, file), "latin1"));
  }

  /** Canonical forms of all messages, in no order: what clients have fetched is compared with it. */
  canonicalContents(): Buffer[] {
    return this.files().map((file) => canonical(this.read(file)));
  }

  has(file: string): boolean {
    return existsSync(join(this.path, file));
  }
}

export function numberedMessage(n: number): Buffer {
  const body = Array.from({ length: 5 }, (_, line) => `message ${n}, line ${line}`).join("\n");
  return Buffer.from(
    `From: a@example.test\nSubject: number ${n}\nMessage-ID: <${n}@example.test>\n\n${body}\n`,
    "latin1",
  );
}
