// The content of postigo.uids: the unique-ids that another server had given out before this one. US-ASCII text:
//
//   file       = header *entry
//   header     = "postigo.uids" SP version SP count SP checksum LF         version: 1; count: of the entries, decimal
//   entry      = order SP unique-id SP unique-name SP checksum LF
//   order      = 1*DIGIT / "-"         place in the listing of the other server, below 4294967295; "-": in delivery order, after those
//   unique-id  = 1*70(%x21-7E)         each once
//   unique-name = 1*(%x21-24 / %x26-7E / "%" 2HEXDIG)       at most 255 octets when decoded, no "/" and no NUL; each once
//   checksum   = 8 lower-case hex digits: CRC-32 of all octets of the line before the space in front of it
//
// Written by an import only: entries with an order first, by it, then the others; by name among equals. Version 1 is the first.
// The reasons, and what is done about damage: README.md beside this file and ADR 70.

import { Buffer } from "node:buffer";
import { uniqueLengthOf } from "../maildir/file-name.js";
import { checksumOf } from "./checksum.js";
import { ENTRIES_MAX, ImportedIdReader, NAME_OCTETS_MAX, ORDER_END } from "./imported-id-reader.js";
import { percentEncoded } from "./percent-octets.js";

export interface ImportedId {
  /** One latin-1 character an octet. */
  readonly uniqueName: string;
  /** RFC 1939 §7: 1–70 octets of 0x21–0x7E. */
  readonly uniqueId: string;
  /** Place in the old server's listing; undefined: delivery order, behind those that have one. */
  readonly order: number | undefined;
}

export interface ParsedIds {
  readonly entries: readonly ImportedId[];
  /** At most a hundred of them; lines count from 1. */
  readonly problems: readonly IdProblem[];
  /** Why the file must not be used though some entries can be read: so much of it is lost that clients would fetch mail again. */
  readonly refusal: string | undefined;
}

export interface IdProblem {
  readonly line: number;
  readonly what: string;
}

/** The same entries make the same octets. Throws RangeError if `importedIdTrouble` finds fault with one, or if one's name or id occurs twice. */
export function encodeImportedIds(entries: readonly ImportedId[]): Uint8Array {
  if (entries.length > ENTRIES_MAX) throw new RangeError(`more than ${ENTRIES_MAX} imported unique-ids`);
  expectSound(entries);
  const lines = [...entries].sort(inFileOrder).map(lineOf);
  return Buffer.from([`postigo.uids 1 ${lines.length}`, ...lines].map(withChecksum).join(""), "latin1");
}

/** Never throws: what is not as it should be is a problem, and costs its own entry. */
export function parseImportedIds(octets: Uint8Array): ParsedIds {
  const reader = new ImportedIdReader(Uint8Array.from(octets));
  while (reader.readOn());
  const { ids, problems, refusal } = reader;
  const entries = Array.from({ length: ids.count }, (_, row) => ids.entryAt(row));
  return { entries, problems, refusal };
}

/** What forbids an entry to stand in the file; undefined if nothing does. */
export function importedIdTrouble({ uniqueName, uniqueId, order }: ImportedId): string | undefined {
  if (!UNIQUE_ID.test(uniqueId)) return "the unique-id is not 1 to 70 octets of 0x21 to 0x7E";
  if (uniqueName.length < 1 || uniqueName.length > NAME_OCTETS_MAX)
    return `the name is not 1 to ${NAME_OCTETS_MAX} octets`;
  if (!FILE_NAME.test(uniqueName)) return "the name holds what no file name can";
  if (uniqueLengthOf(uniqueName) !== uniqueName.length) return "the name has an info or fields behind the unique name";
  const isOrder = order === undefined || (Number.isInteger(order) && order >= 0 && order < ORDER_END);
  return isOrder ? undefined : `the order is no whole number below ${ORDER_END}`;
}

function expectSound(entries: readonly ImportedId[]): void {
  const names = new Set<string>();
  const ids = new Set<string>();
  for (const entry of entries) {
    const trouble = importedIdTrouble(entry);
    if (trouble !== undefined) throw new RangeError(`${percentEncoded(entry.uniqueName)}: ${trouble}`);
    names.add(entry.uniqueName);
    ids.add(entry.uniqueId);
  }
  if (names.size < entries.length) throw new RangeError("a unique name occurs twice among the imported unique-ids");
  if (ids.size < entries.length) throw new RangeError("a unique-id occurs twice among the imported ones");
}

function inFileOrder(a: ImportedId, b: ImportedId): number {
  const difference = (a.order ?? ORDER_END) - (b.order ?? ORDER_END);
  if (difference !== 0) return difference;
  return a.uniqueName < b.uniqueName ? -1 : 1;
}

function lineOf({ order, uniqueId, uniqueName }: ImportedId): string {
  return `${order ?? "-"} ${uniqueId} ${percentEncoded(uniqueName)}`;
}

function withChecksum(text: string): string {
  return `${text} ${checksumOf(text)}\n`;
}

const UNIQUE_ID = /^[\x21-\x7e]{1,70}$/;
const FILE_NAME = /^[^\0/\u0100-\uffff]+$/;
