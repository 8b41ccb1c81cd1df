// What the tests write for themselves of the files whose forms docs/on-disk-formats.md gives.

import { crc32 } from "node:zlib";

const crcOf = (text: string): string => crc32(Buffer.from(text, "latin1")).toString(16).padStart(8, "0");
const line = (text: string): string => `${text} ${crcOf(text)}\n`;

/** postigo.uids with these unique-ids by unique name; names of printable US-ASCII without `%`. */
export function importedIds(ids: ReadonlyMap<string, string>): string {
  const entries = [...ids].map(([name, id]) => line(`- ${id} ${name}`));
  return line(`postigo.uids 1 ${entries.length}`) + entries.join("");
}

/** postigo.journal as a process leaves it that is killed before the first removal. */
export function cutOffJournal(names: readonly string[]): string {
  const text = `postigo-journal 1 unlink -\n${names.map((name) => `100 ${name}\n`).join("")}`;
  return `${text}end ${names.length} ${crcOf(text)}\n`;
}
