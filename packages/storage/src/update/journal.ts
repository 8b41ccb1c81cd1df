// postigo.journal: what an update is about to remove. It is written and synced before the first message goes, and goes itself when
// the update is over. One that is found by the next session was cut off by a crash, and is finished (finish-update.ts).
//
//   journal   = header LF *( message LF ) end LF [ usage LF ]
//   header    = "postigo-journal 1 " disposal SP inode     inode of maildirsize, decimal; "-" without one
//   disposal  = "unlink" / "trash" / "hold"                how the messages go
//   message   = octets SP name                             octets as a quota counts them; the unique name, its octets as %XX where they
//                                                          are no printable US-ASCII
//   end       = "end " count SP crc                        messages; CRC-32 of all octets before this line, 8 hex digits
//   usage     = "usage " offset SP octets SP messages SP crc   the line that maildirsize is about to get, negative numbers, and how long
//                                                          maildirsize was; CRC-32 of what stands before the last space
//
// Without a whole `end` line nothing had been removed yet. The usage line is appended after the removals: without it maildirsize
// was not told.

import { Buffer } from "node:buffer";
import type { UsageNote } from "../maildir/maildirsize.js";
import type { DisposalName } from "../message/disposal.js";
import { checksumOf } from "../uid/checksum.js";
import { decodePercent, percentEncoded } from "../uid/percent-octets.js";

export interface JournalMessage {
  readonly uniqueName: string;
  /** As a quota counts them. */
  readonly octets: number;
}

export interface Journal {
  readonly disposal: DisposalName;
  /** Of maildirsize before the update; undefined without one. */
  readonly quotaInode: bigint | undefined;
  readonly messages: readonly JournalMessage[];
  /** Once the removals were done: what maildirsize was about to be told. */
  readonly usage: UsageNote | undefined;
}

export function encodeJournal({ disposal, quotaInode, messages }: Omit<Journal, "usage">): Uint8Array {
  const lines = messages.map(({ octets, uniqueName }) => `${octets} ${percentEncoded(uniqueName)}\n`);
  const text = `postigo-journal 1 ${disposal} ${quotaInode ?? "-"}\n${lines.join("")}`;
  return Buffer.from(`${text}end ${messages.length} ${checksumOf(text)}\n`, "latin1");
}

export function encodeUsage({ offset, octets, messages }: Omit<UsageNote, "inode">): Uint8Array {
  const text = `usage ${offset} ${octets} ${messages}`;
  return Buffer.from(`${text} ${checksumOf(text)}\n`, "latin1");
}

/** undefined: it is torn, damaged or of another version. */
export function parseJournal(octets: Uint8Array): Journal | undefined {
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString("latin1");
  const end = END.exec(text);
  const header = HEADER.exec(text);
  if (end === null || header === null || checksumOf(text.slice(0, end.index + 1)) !== end[2]) return undefined;
  const lines = text
    .slice(header[0].length, end.index + 1)
    .split("\n")
    .slice(0, -1);
  const messages = lines.map(parseMessage).filter((message) => message !== undefined);
  if (lines.length !== Number(end[1]) || messages.length !== lines.length) return undefined;
  const [, disposal, inode] = header;
  const quotaInode = inode === "-" ? undefined : BigInt(inode ?? 0);
  const usage = parseUsage(text.slice(end.index + end[0].length), quotaInode);
  return { disposal: disposal as DisposalName, quotaInode, messages, usage };
}

function parseMessage(line: string): JournalMessage | undefined {
  const space = line.indexOf(" ");
  const name = Buffer.from(line.slice(space + 1), "latin1");
  const length = decodePercent(name, 0, name.length);
  if (!OCTETS.test(line.slice(0, space)) || length < 1) return undefined;
  return { octets: Number(line.slice(0, space)), uniqueName: name.toString("latin1", 0, length) };
}

/** A torn line is none: maildirsize is told after it only. */
function parseUsage(text: string, inode: bigint | undefined): UsageNote | undefined {
  const found = USAGE.exec(text);
  if (found === null || inode === undefined || checksumOf(found[1] ?? "") !== found[5]) return undefined;
  return { inode, offset: Number(found[2]), octets: Number(found[3]), messages: Number(found[4]) };
}

const HEADER = /^postigo-journal 1 (unlink|trash|hold) (-|\d{1,20})\n/;
const OCTETS = /^\d{1,15}$/;
const END = /\nend (\d{1,9}) ([0-9a-f]{8})\n/;
const USAGE = /^(usage (\d{1,15}) (-?\d{1,15}) (-?\d{1,9})) ([0-9a-f]{8})\n$/;
