// After a delivery nearly all messages are those of the last table. Their identities are carried over, and postigo.uids is not
// read again unless it might say something about one that has come: it would cost more than all the rest of the opening.

import { sameOctets } from "../maildir/message-names.js";
import { type Breathe, inSlices } from "../table/in-slices.js";
import type { MessageColumns } from "../table/message-columns.js";
import { Identities } from "./identities.js";
import { isUniqueId } from "./unique-id.js";

export interface CarryTask {
  readonly from: MessageColumns;
  readonly identities: Identities;
  readonly to: MessageColumns;
}

/** undefined if the file may have a word to say about a message that `from` does not hold. */
export async function carryIdentities(task: CarryTask, breathe: Breathe): Promise<Identities | undefined> {
  const walk = new Walk(task);
  await inSlices(task.to.count, breathe, (row) => walk.step(row));
  return walk.isCertain ? walk.finish(breathe) : undefined;
}

/** Both tables are in delivery order: one walk over both finds who is in which. */
class Walk {
  isCertain = true;
  readonly #task: CarryTask;
  readonly #starts: Uint32Array;
  /** Row in the new table + 1, by row of the old; 0: gone. */
  readonly #rows: Uint32Array;
  readonly #sources: Uint32Array;
  #old = 0;

  constructor(task: CarryTask) {
    this.#task = task;
    this.#starts = new Uint32Array(task.to.count + 1);
    this.#rows = new Uint32Array(task.from.count);
    this.#sources = new Uint32Array(task.to.count);
  }

  step(row: number): void {
    while (this.#old < this.#task.from.count && this.#isBefore(this.#old, row)) this.#old += 1;
    const isKnown = this.#old < this.#task.from.count && this.#isSame(this.#old, row);
    if (isKnown) this.#carry(this.#old++, row);
    else this.#greet(row);
  }

  async finish(breathe: Breathe): Promise<Identities> {
    const { identities, to } = this.#task;
    const octets = new Uint8Array(this.#starts[to.count] ?? 0);
    await inSlices(to.count, breathe, (row) => this.#copy(row, octets));
    const { order, ordered } = this.#order();
    return new Identities({ ...identities.columns, order, ordered, starts: this.#starts, octets });
  }

  #carry(old: number, row: number): void {
    this.#rows[old] = row + 1;
    this.#sources[row] = old + 1;
    this.#starts[row + 1] = (this.#starts[row] ?? 0) + this.#task.identities.lengthAt(old);
  }

  /** Its name and its natural unique-id are mostly the same octets. */
  #greet(row: number): void {
    const { names } = this.#task.to;
    const { filter, holdsDigests } = this.#task.identities.columns;
    const start = names.starts[row] ?? 0;
    const length = names.uniqueLengths[row] ?? 0;
    this.#starts[row + 1] = this.#starts[row] ?? 0;
    if (filter.mayHold(names.octets, start, length)) this.isCertain = false;
    else if (holdsDigests && !isUniqueId(names.octets, start, length)) this.isCertain = false;
  }

  #isBefore(old: number, row: number): boolean {
    const { from, to } = this.#task;
    const difference = (from.times[old] ?? 0) - (to.times[row] ?? 0);
    return difference === 0 ? this.#compare(old, row) < 0 : difference < 0;
  }

  #compare(old: number, row: number): number {
    const { from, to } = this.#task;
    if (this.#isSame(old, row)) return 0;
    const start = from.names.starts[old] ?? 0;
    const other = to.names.starts[row] ?? 0;
    const otherEnd = other + (to.names.uniqueLengths[row] ?? 0);
    return from.names.octets.compare(
      to.names.octets,
      other,
      otherEnd,
      start,
      start + (from.names.uniqueLengths[old] ?? 0),
    );
  }

  #isSame(old: number, row: number): boolean {
    const { from, to } = this.#task;
    const length = from.names.uniqueLengths[old] ?? 0;
    if (length !== to.names.uniqueLengths[row]) return false;
    const other = { octets: to.names.octets, start: to.names.starts[row] ?? 0, length };
    return sameOctets(from.names.octets, from.names.starts[old] ?? 0, other);
  }

  #copy(row: number, octets: Uint8Array): void {
    const { columns } = this.#task.identities;
    const start = this.#starts[row] ?? 0;
    const end = this.#starts[row + 1] ?? 0;
    if (start === end) return;
    const source = columns.starts[(this.#sources[row] ?? 0) - 1] ?? 0;
    for (let index = start; index < end; index++) octets[index] = columns.octets[source + index - start] ?? 0;
  }

  /** Who came has no place in the old server's listing. */
  #order(): { readonly order: Uint32Array; readonly ordered: number } {
    const { order: old, ordered } = this.#task.identities.columns;
    const order = new Uint32Array(this.#task.to.count);
    const isPlaced = new Uint8Array(order.length);
    let next = 0;
    for (let position = 0; position < ordered; position++) {
      const row = (this.#rows[old[position] ?? 0] ?? 0) - 1;
      if (row < 0) continue;
      order[next++] = row;
      isPlaced[row] = 1;
    }
    const placed = next;
    for (let row = 0; row < order.length; row++) if (isPlaced[row] === 0) order[next++] = row;
    return { order, ordered: placed };
  }
}
