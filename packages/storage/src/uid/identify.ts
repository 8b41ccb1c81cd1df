// From imported unique-ids to those of a table. README.md beside this file has the theory.

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { inDeliveryOrder } from "../maildir/delivery-order.js";
import { type Breathe, inSlices } from "../table/in-slices.js";
import type { MessageColumns } from "../table/message-columns.js";
import { Identities } from "./identities.js";
import { type ImportedIdColumns, NO_ORDER } from "./imported-id-columns.js";
import { OctetFilter } from "./octet-filter.js";
import { digestOf, isUniqueId } from "./unique-id.js";

export async function identify(table: MessageColumns, ids: ImportedIdColumns, breathe: Breathe): Promise<Identities> {
  const draft = new IdentityDraft(table, ids);
  await inSlices(table.count, breathe, (row) => draft.look(row));
  await inSlices(ids.count, breathe, (row) => draft.filterIn(row));
  return draft.finish(breathe);
}

class IdentityDraft {
  readonly #table: MessageColumns;
  readonly #ids: ImportedIdColumns;
  /** Row of the entry + 1, by row of the table; 0: none. */
  readonly #entries: Uint32Array;
  readonly #substitutes = new Map<number, string>();
  readonly #filter: OctetFilter;
  /** Places in the listing of the old server; NO_ORDER: none. */
  readonly #orders: Float64Array;
  readonly #starts: Uint32Array;

  constructor(table: MessageColumns, ids: ImportedIdColumns) {
    this.#table = table;
    this.#ids = ids;
    this.#entries = new Uint32Array(table.count);
    this.#orders = new Float64Array(table.count).fill(NO_ORDER);
    this.#starts = new Uint32Array(table.count + 1);
    this.#filter = new OctetFilter(ids.count * 2);
  }

  look(row: number): void {
    const { octets, starts, uniqueLengths } = this.#table.names;
    const start = starts[row] ?? 0;
    const length = uniqueLengths[row] ?? 0;
    const entry = this.#ids.find(octets, start, length);
    if (entry >= 0) this.#orders[row] = this.#ids.orderAt(entry);
    this.#entries[row] = entry + 1;
    const idLength = entry >= 0 ? (this.#ids.ids.uniqueLengths[entry] ?? 0) : this.#substitute(row, start, length);
    this.#starts[row + 1] = (this.#starts[row] ?? 0) + idLength;
  }

  filterIn(entry: number): void {
    const { octets, names, ids } = this.#ids;
    this.#filter.add(octets, names.starts[entry] ?? 0, names.uniqueLengths[entry] ?? 0);
    this.#filter.add(octets, ids.starts[entry] ?? 0, ids.uniqueLengths[entry] ?? 0);
  }

  async finish(breathe: Breathe): Promise<Identities> {
    const { count, names } = this.#table;
    const octets = Buffer.alloc(this.#starts[count] ?? 0);
    await inSlices(count, breathe, (row) => this.#write(row, octets));
    const ordered = await inDeliveryOrder(this.#rowsWithOrder(), { names, times: this.#orders }, breathe);
    return new Identities({
      order: orderOf(ordered, this.#orders),
      ordered: ordered.length,
      starts: this.#starts,
      octets,
      filter: this.#filter,
      holdsDigests: this.#ids.holdsDigests,
    });
  }

  /** The length of the unique-id of a message without an entry, if the import gave its natural one to another; else 0. */
  #substitute(row: number, start: number, length: number): number {
    if (!this.#isTaken(start, length)) return 0;
    const substitute = substituteFor(this.#table.names.octets.subarray(start, start + length), this.#ids);
    this.#substitutes.set(row, substitute);
    return substitute.length;
  }

  #isTaken(start: number, length: number): boolean {
    const { octets } = this.#table.names;
    if (isUniqueId(octets, start, length)) return this.#ids.holdsId(octets, start, length);
    return this.#ids.holdsDigests && holds(this.#ids, digestOf(octets, start, length));
  }

  #rowsWithOrder(): Uint32Array {
    const rows = new Uint32Array(this.#table.count);
    let found = 0;
    for (let row = 0; row < rows.length; row++) if (this.#orders[row] !== NO_ORDER) rows[found++] = row;
    return rows.subarray(0, found);
  }

  #write(row: number, octets: Buffer): void {
    const start = this.#starts[row] ?? 0;
    const end = this.#starts[row + 1] ?? 0;
    const entry = (this.#entries[row] ?? 0) - 1;
    if (entry < 0 && start < end) octets.write(this.#substitutes.get(row) ?? "", start, "latin1");
    if (entry < 0) return;
    const source = this.#ids.ids.starts[entry] ?? 0;
    for (let index = start; index < end; index++) octets[index] = this.#ids.octets[source + index - start] ?? 0;
  }
}

/**
 * What takes the place of a natural unique-id that the import gave to another message. It follows from the name and the file alone,
 * whatever else lies in the maildrop. No name holds NUL, so no two messages have a candidate in common.
 */
function substituteFor(name: Uint8Array, ids: ImportedIdColumns): string {
  for (let attempt = 1; ; attempt++) {
    const candidate = createHash("sha256").update(name).update(`\0${attempt}`).digest("base64url");
    if (!holds(ids, candidate)) return candidate;
  }
}

function holds(ids: ImportedIdColumns, id: string): boolean {
  return ids.holdsId(Buffer.from(id, "latin1"), 0, id.length);
}

/** All rows: `ordered`, then the others as they stand. */
function orderOf(ordered: Uint32Array, orders: Float64Array): Uint32Array {
  const order = new Uint32Array(orders.length);
  order.set(ordered);
  let next = ordered.length;
  for (let row = 0; row < orders.length; row++) if (orders[row] === NO_ORDER) order[next++] = row;
  return order;
}
