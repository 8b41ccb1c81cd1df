// Reads the octets of a postigo.uids, some lines at a time. imported-ids.ts has the grammar.
//
// Whoever may write into the maildrop may have written the file: each line is judged by itself, nothing is allocated because a
// number in it says so, and what is told about faults is bounded.

import { uniqueLengthOf } from "../maildir/file-name.js";
import { crc32 } from "./checksum.js";
import { ImportedIdColumns, NO_ORDER } from "./imported-id-columns.js";
import type { IdProblem } from "./imported-ids.js";
import { decodePercent } from "./percent-octets.js";
import { isUniqueIdText } from "./unique-id.js";

export class ImportedIdReader {
  readonly ids: ImportedIdColumns;
  readonly problems: IdProblem[] = [];
  readonly #octets: Uint8Array;
  #next = 0;
  #line = 0;
  #lost = 0;
  /** What the header says; undefined while none has been read, or if it is damaged. */
  #expected: number | undefined;
  #isStrange: string | undefined;

  /** `octets` are taken over: names are decoded in place. */
  constructor(octets: Uint8Array) {
    this.#octets = octets;
    this.ids = new ImportedIdColumns(octets, Math.min(ENTRIES_MAX, Math.floor(octets.length / ENTRY_OCTETS_MIN)));
  }

  /** Reads some lines; whether there are more. */
  readOn(): boolean {
    for (let lines = 0; lines < SLICE; lines++) {
      if (this.#isStrange !== undefined || this.#next >= this.#octets.length) return false;
      this.#readLine();
    }
    return true;
  }

  /** When all has been read: why none of it must be used. */
  get refusal(): string | undefined {
    if (this.#isStrange !== undefined) return this.#isStrange;
    const { count } = this.ids;
    if (this.#expected === undefined && count === 0) return "it is no list of unique-ids";
    const expected = this.#expected ?? count + this.#lost;
    const lost = Math.max(0, expected - count);
    if (lost <= 1 || lost * LOST_SHARE <= expected) return undefined;
    return `${lost} of its ${expected} entries are lost, more than a tenth`;
  }

  #readLine(): void {
    const start = this.#next;
    const found = this.#octets.indexOf(LF, start);
    const end = found < 0 ? this.#octets.length : found;
    this.#next = end + 1;
    this.#line += 1;
    const text = this.#endOfText(start, end);
    if (this.#line === 1) this.#readHeader(start, text);
    else this.#readEntry(start, text);
  }

  /** Where the space before the checksum stands; -1 if the checksum is not that of the line. */
  #endOfText(start: number, end: number): number {
    const text = end - CHECKSUM_OCTETS;
    if (text <= start || this.#octets[text] !== SPACE) return -1;
    return hexNumberAt(this.#octets, text + 1, end) === crc32(this.#octets, start, text) ? text : -1;
  }

  #readHeader(start: number, text: number): void {
    const trouble = text < 0 ? DAMAGED : this.#takeHeader(start, text);
    if (trouble !== undefined) this.#report(trouble);
  }

  /** What is wrong with it, if anything is. */
  #takeHeader(start: number, text: number): string | undefined {
    const [magic, version = "", count = ""] = latin1Of(this.#octets.subarray(start, Math.min(text, HEADER_MAX))).split(
      " ",
    );
    if (magic !== "postigo.uids") return "this is no header";
    if (version !== "1") this.#isStrange = `it is of version ${version.slice(0, 20)}, and only 1 is known here`;
    this.#expected = /^\d{1,7}$/.test(count) ? Number(count) : undefined;
    return this.#isStrange;
  }

  #readEntry(start: number, text: number): void {
    const what = text < 0 ? DAMAGED : this.#add(start, text);
    if (what === undefined) return;
    this.#lost += 1;
    this.#report(what);
  }

  /** What is wrong with the entry, if anything is. */
  #add(start: number, text: number): string | undefined {
    const octets = this.#octets;
    const idStart = octets.indexOf(SPACE, start) + 1;
    const nameStart = idStart > text ? 0 : octets.indexOf(SPACE, idStart) + 1;
    if (nameStart === 0 || nameStart > text) return "not an order, a unique-id and a name";
    const order = orderAt(octets, start, idStart - 1);
    if (order < 0) return "the order is no number";
    const id = { start: idStart, length: nameStart - 1 - idStart };
    if (!isUniqueIdText(octets, id.start, id.length)) return "the unique-id is not 1 to 70 octets of 0x21 to 0x7E";
    const name = { start: nameStart, length: decodePercent(octets, nameStart, text) };
    if (!isUniqueName(octets, name.start, name.length)) return "the name is no unique name";
    if (this.ids.count === ENTRIES_MAX) this.#isStrange = `it has more than ${ENTRIES_MAX} entries`;
    if (this.#isStrange !== undefined) return this.#isStrange;
    const twice = this.ids.add({ name, id, order });
    return twice && (twice === "name" ? "an earlier line has this name" : "an earlier line has this unique-id");
  }

  #report(what: string): void {
    if (this.problems.length < PROBLEMS_MAX) this.problems.push({ line: this.#line, what });
  }
}

/** -1 if it is none. */
function orderAt(octets: Uint8Array, start: number, end: number): number {
  if (end - start === 1 && octets[start] === DASH) return NO_ORDER;
  if (end - start < 1 || end - start > ORDER_DIGITS) return -1;
  let order = 0;
  for (let index = start; index < end; index++) {
    const digit = (octets[index] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    order = order * 10 + digit;
  }
  return order < ORDER_END ? order : -1;
}

/** Whether it can be one: what is no whole unique name would never be found, and its writer ought to hear of it. */
function isUniqueName(octets: Uint8Array, start: number, length: number): boolean {
  if (length < 1 || length > NAME_OCTETS_MAX) return false;
  let mayHaveMore = false;
  for (let index = start; index < start + length; index++) {
    const octet = octets[index] ?? 0;
    if (octet === 0 || octet === SLASH) return false;
    mayHaveMore ||= octet === COLON || octet === COMMA;
  }
  return !mayHaveMore || uniqueLengthOf(latin1Of(octets.subarray(start, start + length))) === length;
}

function hexNumberAt(octets: Uint8Array, start: number, end: number): number {
  let number = 0;
  for (let index = start; index < end; index++) {
    const octet = octets[index] ?? 0;
    const isDigit = octet >= ZERO && octet <= ZERO + 9;
    if (!isDigit && (octet < LOWER_A || octet > LOWER_A + 5)) return -1;
    number = number * 16 + octet - (isDigit ? ZERO : LOWER_A - 10);
  }
  return number;
}

const latin1Of = (octets: Uint8Array): string => String.fromCharCode(...octets);

/** Orders are below it. */
export const ORDER_END = NO_ORDER;
/** More no file can have: a maildrop of a million messages has half a million more than any that was seen. */
export const ENTRIES_MAX = 1_048_576;
export const NAME_OCTETS_MAX = 255;
const DAMAGED = "damaged: the checksum is not that of the line";
const PROBLEMS_MAX = 100;
/** No login if more than one entry in ten is lost, and more than one at all. */
const LOST_SHARE = 10;
const SLICE = 4096;
/** `- x y`, a space, the checksum, LF. */
const ENTRY_OCTETS_MIN = 15;
const CHECKSUM_OCTETS = 9;
const HEADER_MAX = 200;
const ORDER_DIGITS = 10;
const LF = 0x0a;
const SPACE = 0x20;
const COMMA = 0x2c;
const DASH = 0x2d;
const SLASH = 0x2f;
const ZERO = 0x30;
const COLON = 0x3a;
const LOWER_A = 0x61;
