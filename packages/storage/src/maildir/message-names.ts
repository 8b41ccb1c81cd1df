// File names as columns: one run of octets and a few typed arrays. A hundred thousand names as strings are a hundred thousand
// objects for the garbage collector to visit; as columns they are five, and lie outside its heap.

import { Buffer } from "node:buffer";

/** Where a file stands. */
export const NEW = 0;
export const CUR = 1;
/** Added to the folder of a row that counts no more, because its message stands in another row or is gone. */
const DROPPED = 2;

export type Folder = typeof NEW | typeof CUR;

/** Names in rows. `starts` has one element more than there are rows; the name at `row` ends where the next begins. */
export interface NameColumns {
  readonly count: number;
  readonly octets: Buffer;
  readonly starts: Uint32Array;
  /** Length of the unique name, with which each name begins. */
  readonly uniqueLengths: Uint16Array;
  readonly folders: Uint8Array;
}

export function nameAt({ octets, starts }: NameColumns, row: number): string {
  return octets.toString("latin1", starts[row], starts[row + 1]);
}

export function uniqueNameAt(names: Pick<NameColumns, "octets" | "starts" | "uniqueLengths">, row: number): string {
  const { octets, starts, uniqueLengths } = names;
  const start = starts[row] ?? 0;
  return octets.toString("latin1", start, start + (uniqueLengths[row] ?? 0));
}

/** Where the file of a row stands, or stood. */
export function folderAt({ folders }: NameColumns, row: number): Folder {
  return ((folders[row] ?? 0) & ~DROPPED) === NEW ? NEW : CUR;
}

export function isDropped({ folders }: NameColumns, row: number): boolean {
  return ((folders[row] ?? 0) & DROPPED) !== 0;
}

/** Path below the maildrop. */
export function pathAt(names: NameColumns, row: number): string {
  return pathOf(folderAt(names, row), nameAt(names, row));
}

export function pathOf(folder: Folder, name: string): string {
  return folder === NEW ? `new/${name}` : `cur/${name}`;
}

/** Names that are still being collected. */
export class GrowingNames implements NameColumns {
  #count: number;
  #octets: Buffer;
  #starts: Uint32Array;
  #uniqueLengths: Uint16Array;
  #folders: Uint8Array;

  /** Begins with the rows of `names`, with some room for others. */
  constructor(names: NameColumns = NO_NAMES) {
    const { count } = names;
    const rows = count + Math.max(64, count >>> 4);
    const length = at(names.starts, count);
    this.#count = count;
    this.#octets = enlarged(names.octets.subarray(0, length), Buffer.allocUnsafeSlow(length + (rows - count) * 64));
    this.#starts = enlarged(names.starts.subarray(0, count + 1), new Uint32Array(rows + 1));
    this.#uniqueLengths = enlarged(names.uniqueLengths.subarray(0, count), new Uint16Array(rows));
    this.#folders = enlarged(names.folders.subarray(0, count), new Uint8Array(rows));
  }

  get count(): number {
    return this.#count;
  }
  get octets(): Buffer {
    return this.#octets;
  }
  get starts(): Uint32Array {
    return this.#starts;
  }
  get uniqueLengths(): Uint16Array {
    return this.#uniqueLengths;
  }
  get folders(): Uint8Array {
    return this.#folders;
  }

  /** The row that `name` was put into. */
  append(name: string, uniqueLength: number, folder: Folder): number {
    const row = this.#count;
    const start = this.#starts[row] ?? 0;
    this.#makeRoom(start + name.length);
    this.#octets.write(name, start, "latin1");
    this.#starts[row + 1] = start + name.length;
    this.#uniqueLengths[row] = uniqueLength;
    this.#folders[row] = folder;
    this.#count = row + 1;
    return row;
  }

  /** Forgets the last row. */
  removeLast(): void {
    this.#count -= 1;
  }

  drop(row: number): void {
    this.#folders[row] = folderAt(this, row) | DROPPED;
  }

  /** Undoes `drop`. */
  restore(row: number): void {
    this.#folders[row] = folderAt(this, row);
  }

  /** Whether both rows are the same file: name and folder. */
  isSameFile(a: number, b: number): boolean {
    const start = at(this.#starts, a);
    const length = at(this.#starts, a + 1) - start;
    const other = at(this.#starts, b);
    if (length !== at(this.#starts, b + 1) - other || folderAt(this, a) !== folderAt(this, b)) return false;
    return sameOctets(this.#octets, other, { octets: this.#octets, start, length });
  }

  #makeRoom(octets: number): void {
    if (octets > this.#octets.length) this.#octets = enlarged(this.#octets, Buffer.allocUnsafeSlow(octets * 2));
    if (this.#count < this.#folders.length) return;
    const rows = this.#count * 2;
    this.#starts = enlarged(this.#starts, new Uint32Array(rows + 1));
    this.#uniqueLengths = enlarged(this.#uniqueLengths, new Uint16Array(rows));
    this.#folders = enlarged(this.#folders, new Uint8Array(rows));
  }
}

interface Column {
  set(from: this): void;
}

function enlarged<T extends Column>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** Whether `octets` from `at` on are those of `other`. */
export function sameOctets(
  octets: Uint8Array,
  at: number,
  other: { readonly octets: Uint8Array; readonly start: number; readonly length: number },
): boolean {
  const { octets: others, start, length } = other;
  for (let index = 0; index < length; index++) if (octets[at + index] !== others[start + index]) return false;
  return true;
}

/** The element of a column that is known to have it. Loops over many rows write it out: one function that meets every kind of column is slow. */
export function at(column: { readonly [index: number]: number }, index: number): number {
  return column[index] ?? 0;
}

const NO_NAMES: NameColumns = {
  count: 0,
  octets: Buffer.alloc(0),
  starts: new Uint32Array(1),
  uniqueLengths: new Uint16Array(0),
  folders: new Uint8Array(0),
};
