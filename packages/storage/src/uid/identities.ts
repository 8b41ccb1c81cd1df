// What postigo.uids makes of one table: unique-ids and an order of its own for some of the messages. The table itself stays in delivery
// order and knows nothing of it, and so does the index: no trace of an import can outlive its file.

import type { OctetFilter } from "./octet-filter.js";

export interface IdentityColumns {
  /** Rows of the table by position: the first `ordered` of them by imported order, the others in delivery order. */
  readonly order: Uint32Array;
  readonly ordered: number;
  /** Where the unique-id of each row starts in `octets`, and their end; of no length: it has its natural one. */
  readonly starts: Uint32Array;
  readonly octets: Uint8Array;
  /** Names and unique-ids of all entries of the file. */
  readonly filter: OctetFilter;
  /** Whether one of those unique-ids looks like a digest. */
  readonly holdsDigests: boolean;
}

export class Identities {
  readonly columns: IdentityColumns;

  constructor(columns: IdentityColumns) {
    this.columns = columns;
  }

  /** Memory it takes. */
  get byteLength(): number {
    const { order, starts, octets, filter } = this.columns;
    return order.byteLength + starts.byteLength + octets.length + filter.byteLength;
  }

  rowAt(position: number): number {
    return this.columns.order[position] ?? position;
  }

  /** Octets of the unique-id that the row has other than by its name; 0: none. */
  lengthAt(row: number): number {
    const { starts } = this.columns;
    return (starts[row + 1] ?? 0) - (starts[row] ?? 0);
  }

  startAt(row: number): number {
    return this.columns.starts[row] ?? 0;
  }
}
