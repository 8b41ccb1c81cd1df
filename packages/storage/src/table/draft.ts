// A listing on its way to a table: what is known of each row.

import { folderAt, isDropped, pathAt, pathOf } from "../maildir/message-names.js";
import type { Scan } from "../maildir/scan.js";
import { buildTable } from "./build-table.js";
import { type Breathe, inSlices } from "./in-slices.js";
import { type Columns, MEASURED, type MessageColumns } from "./message-columns.js";

export interface Remembered {
  readonly table: MessageColumns;
  /** Whether a message is known to be no more, so that nobody wonders when it is not met. */
  isGone(position: number): boolean;
  /** Whether what is known of it is still to be saved. */
  isUnsaved(position: number): boolean;
}

/** The first rows of the scan are the remembered messages, by position. */
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
  readonly #remembered: Remembered;
  #recalled = 0;
  #others = 0;
  #missing = 0;
  /** Files that go by another name since they were listed: row to row. */
  readonly #moved = new Map<number, number>();

  private constructor(scan: Scan, remembered: Remembered) {
    const rows = scan.names.count;
    const { table } = remembered;
    this.scan = scan;
    this.#remembered = remembered;
    this.octets = withRoom(table.octets, rows);
    this.fileOctets = withRoom(table.fileOctets, rows);
    this.times = withRoom(table.times, rows);
    this.measured = new Uint8Array(rows);
    this.learnt = new Uint8Array(rows);
    this.rows = new Uint32Array(scan.count);
  }

  static async join(scan: Scan, remembered: Remembered, breathe: Breathe): Promise<Draft> {
    const draft = new Draft(scan, remembered);
    await inSlices(remembered.table.count, breathe, (position) => draft.#recall(position));
    await inSlices(scan.names.count, breathe, (row) => draft.#appendUnlessRecalled(row));
    return draft;
  }

  /** Remembered messages that were not met though nobody knows them to be gone. */
  get missing(): number {
    return this.#missing;
  }

  /** Rows that nothing was remembered of. */
  unknown(): Uint32Array {
    return this.rows.slice(this.#recalled);
  }

  /** Of the file of `row`, which was listed as `name`. */
  pathAt(row: number, name: string): string {
    const present = this.#moved.size === 0 ? undefined : this.#moved.get(row);
    return present === undefined ? pathOf(folderAt(this.scan.names, row), name) : pathAt(this.scan.names, present);
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
    for (const row of this.rows) if (this.measured[row] !== MEASURED) return false;
    return true;
  }

  /** The table of `order`, a permutation of the rows; the remembered one if it says the same. */
  async toTable(order: Uint32Array, breathe: Breathe): Promise<MessageColumns> {
    if (this.#isAsRemembered(order)) return this.#remembered.table;
    const files = this.#moved.size === 0 ? order : order.map((row) => this.#moved.get(row) ?? row);
    return buildTable(this.#columns(), { order, files }, breathe);
  }

  /** `learnt`, by position in `order`. */
  learntIn(order: Uint32Array): Uint8Array {
    const learnt = new Uint8Array(order.length);
    for (let position = 0; position < order.length; position++) {
      learnt[position] = this.learnt[order[position] ?? 0] ?? 0;
    }
    return learnt;
  }

  /** Whether exactly the remembered files were met, and no message had to be measured. */
  #isAsRemembered(order: Uint32Array): boolean {
    const { count } = this.#remembered.table;
    if (order.length !== count || this.#recalled !== count || this.#moved.size > 0) return false;
    for (let position = 0; position < count; position++) if (order[position] !== position) return false;
    return true;
  }

  #columns(): Columns {
    const { octets, fileOctets, times, measured } = this;
    return { names: this.scan.names, octets, fileOctets, times, measured };
  }

  #recall(position: number): void {
    const { table } = this.#remembered;
    const row = this.scan.presentRowOf(position);
    if (row < 0) this.#missing += this.#remembered.isGone(position) ? 0 : 1;
    // Of copies nobody knows which one was measured.
    else if (table.measured[position] === MEASURED && !this.scan.isCopied(row)) this.#take(position, row);
  }

  #take(position: number, row: number): void {
    if (row !== position) {
      const { table } = this.#remembered;
      this.octets[row] = table.octetsAt(position);
      this.fileOctets[row] = table.fileOctetsAt(position);
      this.times[row] = table.times[position] ?? 0;
    }
    this.measured[row] = MEASURED;
    this.learnt[row] = this.#remembered.isUnsaved(position) ? 1 : 0;
    this.rows[this.#recalled++] = row;
  }

  #appendUnlessRecalled(row: number): void {
    if (this.measured[row] === MEASURED || isDropped(this.scan.names, row)) return;
    this.rows[this.#recalled + this.#others++] = row;
  }
}

function withRoom(column: Float64Array, rows: number): Float64Array {
  const longer = new Float64Array(rows);
  longer.set(column);
  return longer;
}
