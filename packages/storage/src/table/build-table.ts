// A table from rows in delivery order. After a change, nearly all rows are those of the last table and in its order: such runs are
// copied as wholes, so that what has not changed costs next to nothing.

import { at, folderAt, type NameColumns } from "../maildir/message-names.js";
import type { Breathe } from "./in-slices.js";
import { type Columns, columnsFor, MessageColumns } from "./message-columns.js";

export interface TableRows {
  /** Rows of the messages. */
  readonly order: Uint32Array;
  /** Rows of the names by which their files go now; the same array if those are no others. */
  readonly files: Uint32Array;
}

export async function buildTable(source: Columns, rows: TableRows, breathe: Breathe): Promise<MessageColumns> {
  const { order, files } = rows;
  const target = columnsFor(order.length, nameOctetsOf(files, source.names));
  let pauseAt = SLICE;
  for (let position = 0; position < order.length; ) {
    const length = files === order ? runLength(order, position) : 1;
    if (length < RUN_MIN) copyRow(source, target, { row: at(order, position), file: at(files, position), position });
    else copyRun(source, target, { row: at(order, position), position, length });
    position += length < RUN_MIN ? 1 : length;
    const pause = position >= pauseAt ? breathe() : undefined;
    if (position >= pauseAt) pauseAt = position + SLICE;
    if (pause) await pause;
  }
  return new MessageColumns(target);
}

/** Rows from `position` on that follow one another, at most a slice of them. */
function runLength(order: Uint32Array, position: number): number {
  const first = at(order, position);
  const most = Math.min(SLICE, order.length - position);
  let length = 1;
  while (length < most && order[position + length] === first + length) length += 1;
  return length;
}

interface Place {
  readonly row: number;
  readonly position: number;
}

function copyRow(source: Columns, target: Columns, { row, file, position }: Place & { readonly file: number }): void {
  copyName(source.names, file, { names: target.names, position });
  target.octets[position] = source.octets[row] ?? 0;
  target.fileOctets[position] = source.fileOctets[row] ?? 0;
  target.times[position] = source.times[row] ?? 0;
  target.measured[position] = source.measured[row] ?? 0;
}

// An octet at a time: for names, which are short, that is quicker than a call.
function copyName(from: NameColumns, row: number, { names, position }: { names: NameColumns; position: number }): void {
  const start = from.starts[row] ?? 0;
  const length = (from.starts[row + 1] ?? 0) - start;
  const target = names.starts[position] ?? 0;
  for (let index = 0; index < length; index++) names.octets[target + index] = from.octets[start + index] ?? 0;
  names.starts[position + 1] = target + length;
  names.uniqueLengths[position] = from.uniqueLengths[row] ?? 0;
  names.folders[position] = folderAt(from, row);
}

function copyRun(source: Columns, target: Columns, run: Place & { readonly length: number }): void {
  const { row, position, length } = run;
  const end = row + length;
  copyNames(source.names, target.names, run);
  target.octets.set(source.octets.subarray(row, end), position);
  target.fileOctets.set(source.fileOctets.subarray(row, end), position);
  target.times.set(source.times.subarray(row, end), position);
  target.measured.set(source.measured.subarray(row, end), position);
}

function copyNames(from: NameColumns, to: NameColumns, run: Place & { readonly length: number }): void {
  const { row, position, length } = run;
  const start = at(to.starts, position);
  const shift = start - at(from.starts, row);
  to.octets.set(from.octets.subarray(at(from.starts, row), at(from.starts, row + length)), start);
  to.uniqueLengths.set(from.uniqueLengths.subarray(row, row + length), position);
  for (let index = 0; index < length; index++) {
    to.starts[position + index + 1] = (from.starts[row + index + 1] ?? 0) + shift;
    to.folders[position + index] = folderAt(from, row + index);
  }
}

function nameOctetsOf(rows: Uint32Array, { starts }: NameColumns): number {
  let octets = 0;
  for (const row of rows) octets += (starts[row + 1] ?? 0) - (starts[row] ?? 0);
  return octets;
}

const SLICE = 4096;
const RUN_MIN = 16;
