// What the tests write for themselves of the files whose forms docs/on-disk-formats.md gives.

import { lstatSync } from "node:fs";
import { basename, join } from "node:path";
import { crc32 } from "node:zlib";

const crcOf = (text: string): string => crc32(Buffer.from(text, "latin1")).toString(16).padStart(8, "0");
const line = (text: string): string => `${text} ${crcOf(text)}\n`;

/** postigo.uids with these unique-ids by unique name; names of printable US-ASCII without `%`. */
export function importedIds(ids: ReadonlyMap<string, string>): string {
  const entries = [...ids].map(([name, id]) => line(`- ${id} ${name}`));
  return line(`postigo.uids 1 ${entries.length}`) + entries.join("");
}

/** postigo.journal as a process leaves it that is killed before the first removal; `paths`: below the maildrop. */
export function cutOffJournal(maildrop: string, paths: readonly string[], disposal = "unlink"): string {
  const quota = lstatSync(join(maildrop, "maildirsize"), { bigint: true });
  const messages = paths.map((path) => {
    const { ino, birthtimeNs, size } = lstatSync(join(maildrop, path), { bigint: true });
    return `${size} ${ino}.${birthtimeNs} ${basename(path).replace(/[,:].*$/, "")}\n`;
  });
  const text = `postigo-journal 2 ${disposal} ${quota.ino}\n${messages.join("")}`;
  return `${text}end ${paths.length} ${crcOf(text)}\n`;
}
