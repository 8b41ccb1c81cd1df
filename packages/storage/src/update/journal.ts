// postigo.journal: what an update is about to remove. It is written and synced before the first message goes, and goes itself when
// the update is over. One that is found by the next session was cut off by a crash, or met a fault of the disk, and is finished
// (finish-update.ts).
//
//   journal   = header LF [ debt LF ] *( message LF ) end LF [ usage LF ] [ "over" LF ]
//   header    = "postigo-journal 2 " disposal SP inode     inode of maildirsize, decimal; "-" without one
//   disposal  = "unlink" / "trash" / "hold"                how the messages go
//   debt      = "debt " offset SP octets SP messages       what maildirsize has not heard of earlier removals, unless that line stands
//                                                          behind that offset; negative numbers
//   message   = octets SP file SP name                     octets as a quota counts them; the unique name, its octets as %XX where they
//                                                          are no printable US-ASCII
//   file      = inode "." born / "-"                       which file it is (identify-files.ts); "-": whichever bears the name
//   end       = "end " count SP crc                        messages; CRC-32 of all octets before this line, 8 hex digits
//   usage     = "usage " offset SP octets SP messages SP crc   the line that maildirsize is about to get, and how long maildirsize was;
//                                                          CRC-32 of what stands before the last space
//
// Without a whole `end` line nothing had been removed yet. The usage line is appended after the removals: without it maildirsize
// was not told, with it what still stands is to stay. `over` is appended where the journal could not be removed: nothing is left
// to do. Version 1 had neither debts nor files.

import { Buffer } from "node:buffer";
import type { UsageNote } from "../maildir/maildirsize.js";
import type { DisposalName } from "../message/disposal.js";
import { checksumOf } from "../uid/checksum.js";
import { decodePercent, percentEncoded } from "../uid/percent-octets.js";

export interface JournalMessage {
  readonly uniqueName: string;
  /** As a quota counts them. */
  readonly octets: number;
  /** As `fileIdOf` makes it; undefined: whichever file bears the name. */
  readonly file: string | undefined;
}

/** What is to be done. */
export interface Intent {
  readonly disposal: DisposalName;
  /** Of maildirsize before the first of the messages went; undefined without one. */
  readonly quotaInode: bigint | undefined;
  /** Of earlier removals. */
  readonly debt: UsageNote | undefined;
  readonly messages: readonly JournalMessage[];
}

export interface Journal extends Intent {
  /** Once the removals were done: what maildirsize was about to be told. */
  readonly usage: UsageNote | undefined;
  readonly isOver: boolean;
}

export function encodeJournal({ disposal, quotaInode, debt, messages }: Intent): Uint8Array {
  const lines = messages.map(
    ({ octets, file = NO_FILE, uniqueName }) => `${octets} ${file} ${percentEncoded(uniqueName)}\n`,
  );
  const owed = debt === undefined ? "" : `debt ${debt.offset} ${debt.octets} ${debt.messages}\n`;
  const text = `postigo-journal 2 ${disposal} ${quotaInode ?? "-"}\n${owed}${lines.join("")}`;
  return Buffer.from(`${text}end ${messages.length} ${checksumOf(text)}\n`, "latin1");
}

export function encodeUsage({ offset, octets, messages }: Omit<UsageNote, "inode">): Uint8Array {
  const text = `usage ${offset} ${octets} ${messages}`;
  return Buffer.from(`${text} ${checksumOf(text)}\n`, "latin1");
}

export const encodeOver = (): Uint8Array => Buffer.from("over\n", "latin1");

/** `torn`: cut off or damaged. `foreign`: of a version that is not known here. */
export function parseJournal(octets: Uint8Array): Journal | "torn" | "foreign" {
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString("latin1");
  const version = VERSION.exec(text)?.[1];
  if (version !== undefined && !VERSIONS.has(version)) return "foreign";
  const end = END.exec(text);
  const header = HEADER.exec(text);
  if (end === null || header === null || checksumOf(text.slice(0, end.index + 1)) !== end[2]) return "torn";
  const lines = text
    .slice(header[0].length, end.index + 1)
    .split("\n")
    .slice(0, -1);
  const messages = lines.map(parseMessage).filter((message) => message !== undefined);
  if (lines.length !== Number(end[1]) || messages.length !== lines.length) return "torn";
  const [, disposal, inode, owed] = header;
  const quotaInode = inode === "-" ? undefined : BigInt(inode ?? 0);
  const debt = owed === undefined ? undefined : noteOf(owed, quotaInode);
  const tail = parseTail(text.slice(end.index + end[0].length), quotaInode);
  return { disposal: disposal as DisposalName, quotaInode, debt, messages, ...tail };
}

function parseMessage(line: string): JournalMessage | undefined {
  const [, octets, file = NO_FILE, encoded] = MESSAGE.exec(line) ?? [];
  if (encoded === undefined) return undefined;
  const name = Buffer.from(encoded, "latin1");
  const length = decodePercent(name, 0, name.length);
  if (length < 1) return undefined;
  const uniqueName = name.toString("latin1", 0, length);
  return { octets: Number(octets), uniqueName, file: file === NO_FILE ? undefined : file };
}

/** A torn line is none: maildirsize is told after it only. */
function parseTail(text: string, quotaInode: bigint | undefined): Pick<Journal, "usage" | "isOver"> {
  const [, usage, checksum, over] = TAIL.exec(text) ?? [];
  const isSound = usage !== undefined && checksumOf(usage) === checksum;
  return { usage: isSound ? noteOf(usage, quotaInode) : undefined, isOver: over !== undefined };
}

/** Of `word offset octets messages`. */
function noteOf(text: string, inode: bigint | undefined): UsageNote | undefined {
  const [offset = 0, octets = 0, messages = 0] = text.split(" ").slice(1).map(Number);
  return inode === undefined ? undefined : { inode, offset, octets, messages };
}

const VERSION = /^postigo-journal (\d{1,9}) /;
const VERSIONS: ReadonlySet<string> = new Set(["1", "2"]);
const HEADER = /^postigo-journal [12] (unlink|trash|hold) (-|\d{1,20})\n(?:(debt \d{1,15} -?\d{1,15} -?\d{1,9})\n)?/;
const MESSAGE = /^(\d{1,15}) (?:(-|\d{1,20}\.\d{1,20}) )?([^ ]+)$/;
const NO_FILE = "-";
const END = /\nend (\d{1,9}) ([0-9a-f]{8})\n/;
const TAIL = /^(?:(usage \d{1,15} -?\d{1,15} -?\d{1,9}) ([0-9a-f]{8})\n)?(over\n)?$/;
