// The first part of postigo.index: a table as it lies in memory, so that loading is reading.
//
//   offset  octets
//        0       8  magic: MAGIC in the byte order of the writing machine; on another the file is simply not recognised
//        8       4  messages (n)
//       12       4  octets of all file names (m)
//       16      64  stamps: device, inode, mtime ns, ctime ns (64 bits each) of new/, then of cur/; zeros: the listing proves nothing
//       80      16  reserved, zero
//       96      32  SHA-256 of all other octets of the snapshot
//      128    24 n  delivery times in µs, octets, octets on disk (64-bit floats, whole numbers; each n in a row)
//             4n+4  where each file name starts, and m
//              2 n  lengths of the unique names
//                n  folders: 0 new, 1 cur
//                n  1: the octets are measured, 0: guessed
//                m  file names, in delivery order
//           0 … 7  zeros, up to a multiple of eight
//
// The checksum finds accidents. Whoever may write into the maildrop can forge it, so what a forged file could reach is checked
// besides: lengths before anything is made of them, names for `/`, unique names for being unique.

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { at, CUR, type NameColumns } from "../maildir/message-names.js";
import type { FolderStamp, Stamps } from "../maildir/stamps.js";
import { type Breathe, inSlices } from "../table/in-slices.js";
import { type Columns, MEASURED, MessageColumns } from "../table/message-columns.js";

export interface Snapshot {
  readonly table: MessageColumns;
  /** Those of the folders when they were listed, if the listing can be trusted. */
  readonly stamps: Stamps | undefined;
  /** Octets it takes up in the file. */
  readonly length: number;
}

export async function encodeSnapshot(
  table: MessageColumns,
  stamps: Stamps | undefined,
  breathe: Breathe,
): Promise<Uint8Array> {
  const nameOctets = at(table.names.starts, table.count);
  const layout = layoutOf(table.count, nameOctets);
  const octets = Buffer.alloc(layout.length);
  new BigUint64Array(octets.buffer, 0, 1)[0] = MAGIC;
  new Uint32Array(octets.buffer, 8, 2).set([table.count, nameOctets]);
  if (stamps) new BigUint64Array(octets.buffer, 16, 8).set([...numbersOf(stamps.new), ...numbersOf(stamps.cur)]);
  const columns = columnsIn(octets, layout);
  columns.times.set(table.times);
  columns.octets.set(table.octets);
  columns.fileOctets.set(table.fileOctets);
  columns.measured.set(table.measured);
  copyNames(table.names, columns.names);
  octets.set(await checksumOf(octets, breathe), CHECKSUM_AT);
  return octets;
}

/** undefined if the octets do not begin with a snapshot in perfect order. */
export async function decodeSnapshot(file: Uint8Array, breathe: Breathe): Promise<Snapshot | undefined> {
  const layout = layoutIn(file);
  if (layout === undefined) return undefined;
  // Columns need memory that begins at a multiple of eight.
  const octets = file.byteOffset % 8 === 0 ? file.subarray(0, layout.length) : file.slice(0, layout.length);
  const checksum = await checksumOf(octets, breathe);
  if (!checksum.equals(octets.subarray(CHECKSUM_AT, HEADER))) return undefined;
  const table = new MessageColumns(columnsIn(octets, layout));
  if (!(await isSound(table, breathe))) return undefined;
  const numbers = new BigUint64Array(octets.buffer, octets.byteOffset + 16, 8);
  return { table, stamps: stampsOf(numbers), length: layout.length };
}

interface Layout {
  readonly count: number;
  readonly nameOctets: number;
  readonly length: number;
}

function layoutOf(count: number, nameOctets: number): Layout {
  return { count, nameOctets, length: Math.ceil((HEADER + count * OCTETS_A_ROW + 4 + nameOctets) / 8) * 8 };
}

function layoutIn(file: Uint8Array): Layout | undefined {
  if (file.length < HEADER) return undefined;
  const header = file.slice(0, HEADER).buffer;
  if (new BigUint64Array(header, 0, 1)[0] !== MAGIC) return undefined;
  const sizes = new Uint32Array(header, 8, 2);
  const layout = layoutOf(at(sizes, 0), at(sizes, 1));
  return layout.length <= file.length ? layout : undefined;
}

/** Views of the columns; nothing is copied. */
function columnsIn(octets: Uint8Array, { count, nameOctets }: Layout): Columns {
  const { buffer } = octets;
  let next = octets.byteOffset + HEADER;
  const skip = (length: number): number => {
    next += length;
    return next - length;
  };
  const times = new Float64Array(buffer, skip(8 * count), count);
  const canonical = new Float64Array(buffer, skip(8 * count), count);
  const fileOctets = new Float64Array(buffer, skip(8 * count), count);
  const starts = new Uint32Array(buffer, skip(4 * count + 4), count + 1);
  const uniqueLengths = new Uint16Array(buffer, skip(2 * count), count);
  const folders = new Uint8Array(buffer, skip(count), count);
  const measured = new Uint8Array(buffer, skip(count), count);
  const names = { count, starts, uniqueLengths, folders, octets: Buffer.from(buffer, next, nameOctets) };
  return { names, times, octets: canonical, fileOctets, measured };
}

function copyNames(from: NameColumns, to: NameColumns): void {
  from.octets.copy(to.octets, 0, 0, to.octets.length);
  to.starts.set(from.starts.subarray(0, to.starts.length));
  to.uniqueLengths.set(from.uniqueLengths.subarray(0, to.count));
  to.folders.set(from.folders.subarray(0, to.count));
}

async function checksumOf(octets: Uint8Array, breathe: Breathe): Promise<Buffer> {
  const hash = createHash("sha256").update(octets.subarray(0, CHECKSUM_AT));
  for (let start = HEADER; start < octets.length; start += HASH_SLICE) {
    hash.update(octets.subarray(start, start + HASH_SLICE));
    const pause = breathe();
    if (pause) await pause;
  }
  return hash.digest();
}

async function isSound(table: MessageColumns, breathe: Breathe): Promise<boolean> {
  const { names } = table;
  if (names.starts[0] !== 0 || names.starts[names.count] !== names.octets.length) return false;
  // No name leads out of its folder: with a slash it could lead into another's maildrop.
  if (names.octets.includes(SLASH) || names.octets.includes(NUL)) return false;
  let isSoundSoFar = true;
  await inSlices(names.count, breathe, (row) => {
    isSoundSoFar &&= isSoundRow(table, row);
  });
  return isSoundSoFar;
}

function isSoundRow({ names, octets, fileOctets, times, measured }: MessageColumns, row: number): boolean {
  const nameLength = at(names.starts, row + 1) - at(names.starts, row);
  return (
    nameLength > 0 &&
    at(names.uniqueLengths, row) <= nameLength &&
    at(names.folders, row) <= CUR &&
    at(measured, row) <= MEASURED &&
    isCount(at(octets, row)) &&
    isCount(at(fileOctets, row)) &&
    Number.isFinite(at(times, row)) &&
    names.octets[at(names.starts, row)] !== DOT
  );
}

/** Whether it can be a number of octets. */
export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function numbersOf({ device, inode, mtimeNs, ctimeNs }: FolderStamp): bigint[] {
  return [device, inode, mtimeNs, ctimeNs];
}

function stampsOf(numbers: BigUint64Array): Stamps | undefined {
  if (numbers.every((number) => number === 0n)) return undefined;
  return { new: stampOf(numbers.subarray(0, 4)), cur: stampOf(numbers.subarray(4, 8)) };
}

// Times before 1970 are negative.
function stampOf([device = 0n, inode = 0n, mtimeNs = 0n, ctimeNs = 0n]: BigUint64Array): FolderStamp {
  return { device, inode, mtimeNs: BigInt.asIntN(64, mtimeNs), ctimeNs: BigInt.asIntN(64, ctimeNs) };
}

/** "postigo" and the version of the form, 2. In 1 the times were taken from any digits at the start of a name. */
const MAGIC = 0x02_6f_67_69_74_73_6f_70n;
const HEADER = 128;
const CHECKSUM_AT = 96;
const OCTETS_A_ROW = 32;
const HASH_SLICE = 1_048_576;
const NUL = 0x00;
const DOT = 0x2e;
const SLASH = 0x2f;
