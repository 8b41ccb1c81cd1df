// What is remembered of a maildrop, and how it is written down. The file is text, for an operator to read:
//
//   file      = "postigo-canary 1" LF
//               "maildrop " JSON-string LF       its path, so that a file under another's name is found out
//               "boot " boot-id LF               of the kernel that gave the device numbers; may be empty
//               "new " device ":" inode LF       decimal
//               "cur " device ":" inode LF
//               "messages " count LF
//               "sample" *( " " 8HEXDIG ) LF     hashes of unique-ids, ascending
//               "checksum " 64HEXDIG LF          SHA-256 of all octets before this line
//
// A file that is anything else is no record: torn, made by another version, or written by somebody else.

import { createHash } from "node:crypto";
import type { FolderIdentity, MaildirFolders } from "@postigo/storage";
import { SAMPLE_SIZE, type Sample } from "./sample.js";

export interface CanaryRecord {
  readonly folders: MaildirFolders;
  /** Of the kernel that numbered the devices; empty if it does not tell. */
  readonly bootId: string;
  readonly count: number;
  readonly sample: Sample;
}

export function formatRecord(maildrop: string, { folders, bootId, count, sample }: CanaryRecord): string {
  const hashes = [...sample].map((hash) => ` ${hash.toString(16).padStart(8, "0")}`).join("");
  const body = [
    MAGIC,
    `maildrop ${JSON.stringify(maildrop)}`,
    `boot ${bootId}`,
    `new ${identityText(folders.new)}`,
    `cur ${identityText(folders.cur)}`,
    `messages ${count}`,
    `sample${hashes}`,
    "",
  ].join("\n");
  return `${body}checksum ${checksumOf(body)}\n`;
}

/** undefined: no record of this maildrop. */
export function parseRecord(maildrop: string, text: string): CanaryRecord | undefined {
  const [, body = "", head = "", name = "", boot, checksum] = RECORD.exec(text) ?? [];
  if (head !== MAGIC || checksum !== checksumOf(body) || name !== JSON.stringify(maildrop)) return undefined;
  const [newFolder, curFolder] = ["new", "cur"].map((folder) => identityIn(body, folder));
  const count = Number(/^messages (\d{1,10})$/m.exec(body)?.[1] ?? Number.NaN);
  const hashes = /^sample((?: [0-9a-f]{8})*)$/m.exec(body)?.[1];
  if (newFolder === undefined || curFolder === undefined || hashes === undefined || Number.isNaN(count))
    return undefined;
  const sample = Uint32Array.from(hashes.split(" ").slice(1), (hash) => Number.parseInt(hash, 16));
  if (!isSample(sample)) return undefined;
  return { folders: { new: newFolder, cur: curFolder }, bootId: boot ?? "", count, sample };
}

const identityText = ({ device, inode }: FolderIdentity): string => `${device}:${inode}`;

function identityIn(body: string, folder: string): FolderIdentity | undefined {
  const [, device, inode] = new RegExp(`^${folder} (\\d{1,20}):(\\d{1,20})$`, "m").exec(body) ?? [];
  return device === undefined || inode === undefined ? undefined : { device: BigInt(device), inode: BigInt(inode) };
}

const isSample = (hashes: Sample): boolean =>
  hashes.length <= SAMPLE_SIZE && hashes.every((hash, at) => at === 0 || hash > (hashes[at - 1] ?? 0));

const checksumOf = (body: string): string => createHash("sha256").update(body).digest("hex");

const MAGIC = "postigo-canary 1";
const RECORD =
  /^(([^\n]{1,40})\nmaildrop ([^\n]+)\nboot ([^\n]{0,64})\nnew [^\n]+\ncur [^\n]+\nmessages [^\n]+\nsample[^\n]*\n)checksum ([0-9a-f]{64})\n$/;
