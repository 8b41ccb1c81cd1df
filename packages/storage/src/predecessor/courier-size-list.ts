// courierpop3dsizelist, in which Courier's server keeps sizes and numbers of the messages of a Maildir:
//
//   file    = "/" version SP next-number [ SP validity ] LF *record       version: 2 or 3
//   record  = name SP octets SP number [ ":" validity [ ":" utf8 ] ] LF   name: with the flags as last seen; it may hold spaces
//
// The unique-id shown is UID<number>-<validity>; UID<number> when the validity is 0; when the number is 0 the base name, in which octets
// outside 0x21–0x7E, both quotation marks and "+" are written as "+" and two upper-case hexadecimal digits. The listing goes by the seconds at
// the start of the name, then by the name; the numbers have no say in it.
// A last line without a line end is not read by Courier either. Source: Courier, imap/pop3dserver.C.

import { baseLengthOf, uniqueNameIn } from "../maildir/file-name.js";
import { type FormerIds, LineProblems, numbered, type UnusableFile } from "./former-ids.js";
import { decimalOf, firstOf, octetLines } from "./octet-lines.js";

interface SizeRecord {
  /** As it stands in the list. */
  readonly name: string;
  readonly baseName: string;
  readonly number: number;
  readonly validity: number;
}

export function readCourierSizeList(octets: Uint8Array): FormerIds | UnusableFile {
  const lines = octetLines(octets);
  if (!HEADER.test(firstOf(lines)?.text ?? "")) {
    return { unusable: "line 1 is no header of a courierpop3dsizelist of version 2 or 3" };
  }
  const problems = new LineProblems();
  const records = new Map<string, SizeRecord>();
  for (const { number, text, isWhole } of lines) {
    const record = isWhole ? recordOf(text) : undefined;
    if (record === undefined) problems.add(number, isWhole ? "it is no record" : "it has no line end: it was cut off");
    else records.set(uniqueNameIn(record.baseName), record);
  }
  const sorted = [...records.values()].sort(inListingOrder);
  return {
    ids: numbered(sorted.map((record) => ({ name: record.baseName, uniqueId: idOf(record) }))),
    problems: problems.all,
  };
}

function recordOf(text: string): SizeRecord | undefined {
  const [, name = "", number = "", validity = "0"] = RECORD.exec(text) ?? [];
  const baseName = name.slice(0, baseLengthOf(name));
  const numbers = [decimalOf(number), decimalOf(validity)];
  const [first, second] = numbers;
  if (baseName === "" || /[/\0]/.test(baseName) || first === undefined || second === undefined) return undefined;
  return { name, baseName, number: first, validity: second };
}

function idOf({ baseName, number, validity }: SizeRecord): string {
  if (number === 0) return baseName.replace(TO_ESCAPE, escaped);
  return validity === 0 ? `UID${number}` : `UID${number}-${validity}`;
}

function inListingOrder(a: SizeRecord, b: SizeRecord): number {
  const difference = secondsOf(a.name) - secondsOf(b.name);
  if (difference !== 0) return difference;
  return a.name < b.name ? -1 : 1;
}

const secondsOf = (name: string): number => decimalOf(/^\d*/.exec(name)?.[0] ?? "") ?? 0;
const escaped = (octet: string): string => `+${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;

const HEADER = /^\/[23] \d+(?: \d+)?$/;
// From the right: the name may hold spaces.
const RECORD = /^(.*) \d+ (\d+)(?::(\d+)(?::\d+)?)?$/s;
const TO_ESCAPE = /[^\x21-\x7e]|["'+]/g;
