// A spool with one user's maildrop, from which mail was put aside, and a configuration that says so.

import * as fs from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { crc32 } from "node:zlib";
import { call, type Ended, makeMaildir, temporaryFolder } from "./support.js";

export const HOUR = 3_600_000;

const started = Date.now();

/** Seconds since 1970. */
export const secondsAgo = (ms: number): number => Math.floor((started - ms) / 1000);

export interface AsideSpool {
  readonly root: string;
  readonly config: string;
  run(...words: readonly string[]): Promise<Ended>;
  /** All names below the maildrop. */
  tree(): readonly string[];
  /** The log file. */
  log(): string;
  /** As a process leaves it that dies before it removes these unique names. */
  journal(uniqueNames: readonly string[]): void;
}

/** `files`: contents by path below the maildrop; `maildrop`: the section of the configuration. */
export const asideSpool = (
  t: TestContext,
  files: Readonly<Record<string, string>>,
  maildrop = "{ deleted: hold 30d }",
): AsideSpool => {
  const folder = temporaryFolder(t);
  const root = makeMaildir(join(folder, "spool/ana"));
  for (const path of ["postigo.hold", ".Trash/cur"]) fs.mkdirSync(join(root, path), { recursive: true });
  for (const [path, content] of Object.entries(files)) deliver(join(root, path), content);
  fs.writeFileSync(join(folder, "users"), "ana:{PLAIN}x\nben:{PLAIN}x\n", { mode: 0o600 });
  const config = join(folder, "postigo.yaml");
  fs.writeFileSync(
    config,
    `spool: { maildir: "${folder}/spool/%{user}" }\naccounts: [{ type: users-file, path: users }]\n` +
      "auth: { plaintext: loopback }\nlisten: [{ address: 127.0.0.1, port: 0, tls: none }]\nlock: { wait: 0s }\n" +
      `log: { file: postigo.log }\nmaildrop: ${maildrop}\n`,
  );
  return {
    root,
    config,
    run: (...words) => call([...words, "--config", config]),
    tree: () => fs.readdirSync(root, { recursive: true, encoding: "latin1" }).sort(),
    log: () => fs.readFileSync(join(folder, "postigo.log"), "utf8"),
    journal: (uniqueNames) => fs.writeFileSync(join(root, "postigo.journal"), journalOf(uniqueNames)),
  };
};

/** The file is as old as it is called. */
export const deliver = (file: string, content: string): void => {
  fs.writeFileSync(file, content);
  const seconds = /\/(\d{10})\.M[^/]*$/.exec(file)?.[1];
  if (seconds !== undefined) fs.utimesSync(file, Number(seconds), Number(seconds));
};

const journalOf = (uniqueNames: readonly string[]): string => {
  const text = `postigo-journal 1 unlink -\n${uniqueNames.map((name) => `6 ${name}\n`).join("")}`;
  return `${text}end ${uniqueNames.length} ${crc32(text).toString(16).padStart(8, "0")}\n`;
};
