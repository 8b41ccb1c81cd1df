// dovecot-uidlist, in which Dovecot numbers the messages of a Maildir:
//
//   file     = header *record
//   header   = "3" *( SP KEY value ) LF              KEY: V uid validity, N next uid, G guid; others are passed over
//            / "1" SP validity SP next-uid LF         version 1, also that of Courier's courierimapuiddb
//   record   = uid *( SP KEY value ) SP ":" name LF   version 3
//            / uid SP name LF                         version 1
//   KEY      = "P" / "O" / "G" / other letters        P: the unique-id to show, empty: the base name; O: place in the listing; G: guid
//
// uids rise from line to line and stay below 4294967295. Version 3 writes names without an info (up to the first ":"), version 1
// with or without. Of two lines with one name the later counts. Lines may remain for mail that is gone.
//
// The listing: messages with O by it, then all others by uid. Dovecot throws the whole file away for one bad line, and so changes every
// unique-id; here such a line costs itself only. Source: Dovecot, src/lib-storage/index/maildir/maildir-uidlist.c.

import { baseLengthOf, uniqueNameIn } from "../maildir/file-name.js";
import type { IdFormat } from "./dovecot-id-format.js";
import { type FormerIds, LineProblems, numbered, type UnusableFile } from "./former-ids.js";
import { decimalOf, firstOf, type OctetLine, octetLines } from "./octet-lines.js";

/** What the file tells of one message. */
interface UidlistRecord {
  readonly uid: number;
  /** Without its info. */
  readonly baseName: string;
  readonly shown: string | undefined;
  readonly order: number | undefined;
  readonly guid: string | undefined;
}

interface Header {
  readonly version: 1 | 3;
  readonly validity: number;
}

/** The unique-ids that Dovecot shows: those that stand in the file, the others made by `format`. */
export function readDovecotUidlist(octets: Uint8Array, format: IdFormat): FormerIds | UnusableFile {
  const lines = octetLines(octets);
  const header = headerOf(firstOf(lines));
  if ("unusable" in header) return header;
  const problems = new LineProblems();
  const records = [...recordsIn(lines, header, problems).values()].sort(inListingOrder);
  const ids = records.map((record) => ({ name: record.baseName, uniqueId: idOf(record, header, format) }));
  return { ids: numbered(ids), problems: problems.all };
}

function headerOf(line: OctetLine | undefined): Header | UnusableFile {
  const [version, ...fields] = line?.text.split(" ") ?? [];
  if (version === "1") return withValidity(1, fields[0]);
  if (version === "3") return withValidity(3, fields.find((field) => field.startsWith("V"))?.slice(1));
  return { unusable: "line 1 is no header of a dovecot-uidlist of version 1 or 3" };
}

function withValidity(version: 1 | 3, text = ""): Header | UnusableFile {
  const validity = decimalOf(text);
  if (validity === undefined || validity === 0 || validity > UINT32_MAX)
    return { unusable: "line 1 has no uid validity" };
  return { version, validity };
}

/** By unique name; a later line takes the place of an earlier one. */
function recordsIn(
  lines: Iterable<OctetLine>,
  { version }: Header,
  problems: LineProblems,
): Map<string, UidlistRecord> {
  const records = new Map<string, UidlistRecord>();
  let last = 0;
  for (const line of lines) {
    const record = line.isWhole ? (version === 3 ? recordOf(line.text) : plainRecordOf(line.text)) : TORN;
    const trouble = typeof record === "string" ? record : troubleWith(record, last);
    if (typeof record === "string" || trouble !== undefined) {
      problems.add(line.number, trouble ?? "");
      continue;
    }
    last = record.uid;
    records.set(uniqueNameIn(record.baseName), record);
  }
  return records;
}

function recordOf(text: string): UidlistRecord | string {
  const colon = text.indexOf(" :");
  if (colon < 0) return 'no file name behind " :"';
  const [uid = "", ...fields] = text.slice(0, colon).split(" ");
  const value = (key: string): string | undefined => fields.find((field) => field.startsWith(key))?.slice(1);
  const order = value("O");
  const place = order === undefined ? undefined : decimalOf(order);
  if (order !== undefined && place === undefined) return `"O${order}" is no place in a listing`;
  return withName(uid, text.slice(colon + 2), { shown: value("P"), order: place, guid: value("G") });
}

function plainRecordOf(text: string): UidlistRecord | string {
  const space = text.indexOf(" ");
  if (space < 0) return "no file name behind the uid";
  return withName(text.slice(0, space), text.slice(space + 1), { shown: undefined, order: undefined, guid: undefined });
}

function withName(
  uid: string,
  name: string,
  fields: Pick<UidlistRecord, "shown" | "order" | "guid">,
): UidlistRecord | string {
  const number = decimalOf(uid);
  if (number === undefined) return "it does not begin with a uid";
  return { uid: number, baseName: name.slice(0, baseLengthOf(name)), ...fields };
}

function troubleWith({ uid, baseName }: UidlistRecord, last: number): string | undefined {
  if (uid <= last) return `uid ${uid} does not rise above ${last}`;
  if (uid >= UINT32_MAX) return `uid ${uid} is above the last one there can be`;
  return baseName === "" || /[/\0]/.test(baseName) ? "the file name is none" : undefined;
}

function idOf({ uid, baseName, shown, guid }: UidlistRecord, { validity }: Header, format: IdFormat): string {
  if (shown !== undefined) return shown === "" ? baseName : shown;
  return format({ uid, validity, filename: baseName, guid: guid ?? baseName });
}

function inListingOrder(a: UidlistRecord, b: UidlistRecord): number {
  const difference = (a.order ?? UINT32_MAX) - (b.order ?? UINT32_MAX);
  return difference === 0 ? a.uid - b.uid : difference;
}

const TORN = "it has no line end: it was cut off";
const UINT32_MAX = 2 ** 32 - 1;
