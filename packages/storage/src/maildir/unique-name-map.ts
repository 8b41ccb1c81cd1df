// From unique name to row, over octets: an open-addressing hash table, so that joining two listings of a hundred thousand names
// makes no string and no object.

import type { NameColumns } from "./message-names.js";

export class UniqueNameMap {
  readonly #names: NameColumns;
  /** Row + 1; 0 is free. Its length is a power of two, and at most half of it is in use. */
  #slots: Int32Array;
  #used = 0;

  /** Empty; `expected` rows need no growing. */
  constructor(names: NameColumns, expected = names.count) {
    this.#names = names;
    this.#slots = new Int32Array(slotsFor(expected));
  }

  /** The row whose unique name is these octets, -1 without one. */
  find(octets: Uint8Array, start: number, length: number): number {
    return (this.#slots[this.#slotOf(octets, start, length)] ?? 0) - 1;
  }

  /** As `find`, for the name at `row` of `names`. */
  findNameOf(names: NameColumns, row: number): number {
    return this.find(names.octets, names.starts[row] ?? 0, names.uniqueLengths[row] ?? 0);
  }

  /** Makes `row` the one for its unique name. */
  put(row: number): void {
    if ((this.#used + 1) * 2 > this.#slots.length) this.#grow();
    const { octets, starts, uniqueLengths } = this.#names;
    const slot = this.#slotOf(octets, starts[row] ?? 0, uniqueLengths[row] ?? 0);
    if (this.#slots[slot] === 0) this.#used += 1;
    this.#slots[slot] = row + 1;
  }

  #grow(): void {
    const { octets, starts, uniqueLengths } = this.#names;
    const slots = new Int32Array(this.#slots.length * 4);
    const last = slots.length - 1;
    for (const taken of this.#slots) {
      if (taken === 0) continue;
      let slot = hashOf(octets, starts[taken - 1] ?? 0, uniqueLengths[taken - 1] ?? 0) & last;
      while (slots[slot] !== 0) slot = (slot + 1) & last;
      slots[slot] = taken;
    }
    this.#slots = slots;
  }

  #slotOf(octets: Uint8Array, start: number, length: number): number {
    const slots = this.#slots;
    const last = slots.length - 1;
    let slot = hashOf(octets, start, length) & last;
    for (let taken = slots[slot] ?? 0; taken !== 0; taken = slots[slot] ?? 0) {
      if (this.#holds(taken - 1, octets, start, length)) return slot;
      slot = (slot + 1) & last;
    }
    return slot;
  }

  #holds(row: number, octets: Uint8Array, start: number, length: number): boolean {
    if (this.#names.uniqueLengths[row] !== length) return false;
    const held = this.#names.octets;
    const from = this.#names.starts[row] ?? 0;
    for (let index = 0; index < length; index++) {
      if (held[from + index] !== octets[start + index]) return false;
    }
    return true;
  }
}

/** FNV-1a from a start of the process's own, so that nobody can prepare names that collide; then mixed, for the low bits. */
function hashOf(octets: Uint8Array, start: number, length: number): number {
  let hash = SEED;
  for (let index = start; index < start + length; index++) hash = Math.imul(hash ^ (octets[index] ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}

function slotsFor(rows: number): number {
  let slots = 64;
  while (slots < rows * 2) slots *= 2;
  return slots;
}

const SEED = (Math.random() * 2 ** 32) | 0;
