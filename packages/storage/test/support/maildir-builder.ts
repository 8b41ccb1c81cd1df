// Real Maildirs in real temporary directories. Names and contents are octets: latin-1 strings, one character an octet.

import { Buffer } from "node:buffer";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** An empty directory that goes with the test. */
export function temporaryDirectory(test: TestContext): string {
  const directory = fs.mkdtempSync(join(tmpdir(), "postigo-storage-"));
  test.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export class MaildirBuilder {
  readonly root: string;

  /** Makes tmp/, new/ and cur/ in `root`. */
  constructor(root: string) {
    this.root = root;
    for (const folder of ["tmp", "new", "cur"]) fs.mkdirSync(join(root, folder), { recursive: true });
  }

  /** A Maildir that goes with the test. */
  static in(test: TestContext): MaildirBuilder {
    return new MaildirBuilder(join(temporaryDirectory(test), "Maildir"));
  }

  /** Puts a message at `path` (`new/…` or `cur/…`). */
  put(path: string, content = "Subject: hello\n\nbody\n"): this {
    fs.writeFileSync(this.octets(path), Buffer.from(content, "latin1"));
    return this;
  }

  rename(from: string, to: string): this {
    fs.renameSync(this.octets(from), this.octets(to));
    return this;
  }

  remove(path: string): this {
    fs.unlinkSync(this.octets(path));
    return this;
  }

  has(path: string): boolean {
    return fs.existsSync(this.octets(path));
  }

  read(path: string): string {
    return fs.readFileSync(this.octets(path), "latin1");
  }

  /** Paths of all that stands in new/ and cur/, sorted. */
  paths(): string[] {
    return ["new", "cur"]
      .flatMap((folder) => fs.readdirSync(join(this.root, folder), "latin1").map((name) => `${folder}/${name}`))
      .sort();
  }

  /** Makes both folders look as if nothing had happened in them for an hour. */
  settle(): this {
    const hourAgo = new Date(Date.now() - 3_600_000);
    for (const folder of ["new", "cur"]) fs.utimesSync(join(this.root, folder), hourAgo, hourAgo);
    return this;
  }

  /** `path` below the maildrop as node:fs wants octets. */
  octets(path: string): Buffer {
    return Buffer.concat([Buffer.from(`${this.root}/`), Buffer.from(path, "latin1")]);
  }
}
