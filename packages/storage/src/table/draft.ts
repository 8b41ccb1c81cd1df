// A listing on its way to a table: what is known of each row.

import { folderAt, isDropped, type NameColumns, pathAt } from "../maildir/message-names.js";
import type { Scan } from "../maildir/scan.js";
import { type Breathe, inSlices } from "./in-slices.js";
import { columnsFor, MEASURED, MessageColumns } from "./message-columns.js";

export interface Remembered {
  readonly table: MessageColumns;
  /** Whether a message is known to be no more, so that nobody wonders when it is not met. */
  isGone(position: number): boolean;
  /** Whether what is known of it is still to be saved. */
  isUnsaved(position: number): boolean;
}

export class Draft {
  readonly scan: Scan;
  readonly octets: Float64Array;
  readonly fileOctets: Float64Array;
  readonly times: Float64Array;
  readonly measured: Uint8Array;
  /** 1 for what is to be saved. */
  readonly learnt: Uint8Array;
  /** Rows of the messages: the remembered ones in their old order, then the others. */
  rows: Uint32Array;
  #remembered = 0;
  #others = 0;
  #missing = 0;
  /** Files that go by another name since they were listed: row to row. */
  readonly #moved = new Map<number, number>();

  private constructor(scan: Scan) {
    const rows = scan.names.count;
    this.scan = scan;
    this.octets = new Float64Array(rows);
    this.fileOctets = new Float64Array(rows);
    this.times = new Float64Array(rows);
    this.measured = new Uint8Array(rows);
    this.learnt = new Uint8Array(rows);
    this.rows = new Uint32Array(scan.count);
  }

  static async join(scan: Scan, remembered: Remembered, breathe: Breathe): Promise<Draft> {
    const draft = new Draft(scan);
    await inSlices(remembered.table.count, breathe, (position) => draft.#recall(remembered, position));
    await inSlices(scan.names.count, breathe, (row) => draft.#appendUnlessRecalled(row));
    return draft;
  }

  /** Remembered messages that were not met though nobody knows them to be gone. */
  get missing(): number {
    return this.#missing;
  }

  /** Rows that nothing was remembered of. */
  unknown(): Uint32Array {
    return this.rows.slice(this.#remembered);
  }

  pathAt(row: number): string {
    return pathAt(this.scan.names, this.#moved.get(row) ?? row);
  }

  /** The file of `row` goes by the name at `present` now. */
  moved(row: number, present: number): void {
    this.#moved.set(row, present);
  }

  drop(gone: ReadonlySet<number>): void {
    if (gone.size > 0) this.rows = this.rows.filter((row) => !gone.has(row));
  }

  /** Whether all octets are known. A guess is for this listing: a file can become readable without a trace in its folder. */
  isMeasured(): boolean {
    return this.rows.every((row) => this.measured[row] === MEASURED);
  }

  /** The table of `order`, a permutation of the rows. */
  async toTable(order: Uint32Array, breathe: Breathe): Promise<MessageColumns> {
    const files = this.#moved.size === 0 ? order : order.map((row) => this.#moved.get(row) ?? row);
    const columns = columnsFor(order.length, nameOctetsOf(files, this.scan.names));
    await inSlices(order.length, breathe, (position) => {
      const row = order[position] ?? 0;
      copyName(this.scan.names, files[position] ?? 0, { names: columns.names, position });
      columns.octets[position] = this.octets[row] ?? 0;
      columns.fileOctets[position] = this.fileOctets[row] ?? 0;
      columns.times[position] = this.times[row] ?? 0;
      columns.measured[position] = this.measured[row] ?? 0;
    });
    return new MessageColumns(columns);
  }

  /** `learnt`, by position in `order`. */
  learntIn(order: Uint32Array): Uint8Array {
    const learnt = new Uint8Array(order.length);
    for (let position = 0; position < order.length; position++) {
      learnt[position] = this.learnt[order[position] ?? 0] ?? 0;
    }
    return learnt;
  }

  #recall(remembered: Remembered, position: number): void {
    const { table } = remembered;
    const row = this.scan.findNameOf(table.names, position);
    if (row < 0) this.#missing += remembered.isGone(position) ? 0 : 1;
    // Of copies nobody knows which one was measured.
    else if (table.measured[position] === MEASURED && !this.scan.isCopied(row)) {
      this.octets[row] = table.octetsAt(position);
      this.fileOctets[row] = table.fileOctetsAt(position);
      this.times[row] = table.times[position] ?? 0;
      this.measured[row] = MEASURED;
      this.learnt[row] = remembered.isUnsaved(position) ? 1 : 0;
      this.rows[this.#remembered++] = row;
    }
  }

  #appendUnlessRecalled(row: number): void {
    if (isDropped(this.scan.names, row) || this.measured[row] === MEASURED) return;
    this.rows[this.#remembered + this.#others++] = row;
  }
}

function nameOctetsOf(rows: Uint32Array, { starts }: NameColumns): number {
  let octets = 0;
  for (const row of rows) octets += (starts[row + 1] ?? 0) - (starts[row] ?? 0);
  return octets;
}

function copyName(from: NameColumns, row: number, { names, position }: { names: NameColumns; position: number }): void {
  const start = names.starts[position] ?? 0;
  const length = from.octets.copy(names.octets, start, from.starts[row], from.starts[row + 1]);
  names.starts[position + 1] = start + length;
  names.uniqueLengths[position] = from.uniqueLengths[row] ?? 0;
  names.folders[position] = folderAt(from, row);
}
