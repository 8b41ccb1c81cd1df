// From unique name to row, over octets: an open-addressing hash table, so that joining two listings of a hundred thousand names
// makes no string and no object.

import { type NameColumns, sameOctets } from "./message-names.js";

/** Runs of octets in rows: unique names in a blob of file names, or anything else that has to be found by its octets. */
export type UniqueNames = Omit<NameColumns, "folders">;

export class UniqueNameMap {
  readonly #names: UniqueNames;
  /** Row + 1; 0 is free. Its length is a power of two, and at most half of it is in use. */
  #slots: Int32Array;
  /** The hash of each slot in use: growing reads no name, and few names are compared in vain. */
  #hashes: Int32Array;
  #used = 0;

  /** Empty; `expected` rows need no growing. */
  constructor(names: UniqueNames, expected = names.count) {
    this.#names = names;
    const slots = slotsFor(expected);
    this.#slots = new Int32Array(slots);
    this.#hashes = new Int32Array(slots);
  }

  /** The row whose unique name is these octets, -1 without one. */
  find(octets: Uint8Array, start: number, length: number): number {
    return (this.#slots[this.#slotOf(hashOf(octets, start, length), octets, start, length)] ?? 0) - 1;
  }

  /** As `find`, for the name at `row` of `names`. */
  findNameOf(names: UniqueNames, row: number): number {
    return this.find(names.octets, names.starts[row] ?? 0, names.uniqueLengths[row] ?? 0);
  }

  /** Makes `row` the one for its unique name unless there is one; the one that it is. */
  add(row: number): number {
    if ((this.#used + 1) * 2 > this.#slots.length) this.#grow();
    const { octets, starts, uniqueLengths } = this.#names;
    const start = starts[row] ?? 0;
    const length = uniqueLengths[row] ?? 0;
    const hash = hashOf(octets, start, length);
    const slot = this.#slotOf(hash, octets, start, length);
    const taken = this.#slots[slot] ?? 0;
    if (taken !== 0) return taken - 1;
    this.#slots[slot] = row + 1;
    this.#hashes[slot] = hash;
    this.#used += 1;
    return row;
  }

  /** Makes `row` the one for its unique name, for which there is one. */
  replace(row: number): void {
    const { octets, starts, uniqueLengths } = this.#names;
    const start = starts[row] ?? 0;
    const length = uniqueLengths[row] ?? 0;
    this.#slots[this.#slotOf(hashOf(octets, start, length), octets, start, length)] = row + 1;
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 4);
    const hashes = new Int32Array(slots.length);
    const last = slots.length - 1;
    for (let old = 0; old < this.#slots.length; old++) {
      const taken = this.#slots[old] ?? 0;
      if (taken === 0) continue;
      const hash = this.#hashes[old] ?? 0;
      let slot = hash & last;
      while (slots[slot] !== 0) slot = (slot + 1) & last;
      slots[slot] = taken;
      hashes[slot] = hash;
    }
    this.#slots = slots;
    this.#hashes = hashes;
  }

  /** Where these octets stand or would stand. */
  #slotOf(hash: number, octets: Uint8Array, start: number, length: number): number {
    const slots = this.#slots;
    const last = slots.length - 1;
    let slot = hash & last;
    for (let taken = slots[slot] ?? 0; taken !== 0; taken = slots[slot] ?? 0) {
      if (this.#hashes[slot] === hash && this.#holds(taken - 1, octets, start, length)) return slot;
      slot = (slot + 1) & last;
    }
    return slot;
  }

  #holds(row: number, octets: Uint8Array, start: number, length: number): boolean {
    const { octets: held, starts, uniqueLengths } = this.#names;
    return uniqueLengths[row] === length && sameOctets(held, starts[row] ?? 0, { octets, start, length });
  }
}

/** Four octets at a time, from a start of the process's own, so that nobody can prepare names that collide. */
export function hashOf(octets: Uint8Array, start: number, length: number): number {
  const end = start + length;
  let hash = SEED ^ length;
  let index = start;
  for (; index + 3 < end; index += 4) {
    const four =
      (octets[index] ?? 0) |
      ((octets[index + 1] ?? 0) << 8) |
      ((octets[index + 2] ?? 0) << 16) |
      ((octets[index + 3] ?? 0) << 24);
    hash = mixed(hash ^ four);
  }
  let rest = 0;
  for (; index < end; index++) rest = (rest << 8) | (octets[index] ?? 0);
  return mixed(hash ^ rest);
}

/** Each bit of the result hangs on all of `value`. */
export function mixed(value: number): number {
  const product = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return Math.imul(product ^ (product >>> 13), 0x297a2d39) | 0;
}

function slotsFor(rows: number): number {
  let slots = 64;
  while (slots < rows * 2) slots *= 2;
  return slots;
}

const SEED = (Math.random() * 2 ** 32) | 0;
