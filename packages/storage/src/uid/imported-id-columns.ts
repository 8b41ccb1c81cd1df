// Imported unique-ids as columns over the octets of their file: reading a hundred thousand makes no string and no object.

import { Buffer } from "node:buffer";
import { uniqueNameAt } from "../maildir/message-names.js";
import { UniqueNameMap, type UniqueNames } from "../maildir/unique-name-map.js";
import type { ImportedId } from "./imported-ids.js";
import { isDigestText } from "./unique-id.js";

export class ImportedIdColumns {
  /** Of the file, names decoded. */
  readonly octets: Buffer;
  readonly #names: Runs;
  readonly #ids: Runs;
  readonly #orders: Uint32Array;
  readonly #rowOfName: UniqueNameMap;
  readonly #rowOfId: UniqueNameMap;
  #holdsDigests = false;

  /** Without entries; names and ids will be runs of `octets`, at most `rows` of each. */
  constructor(octets: Uint8Array, rows: number) {
    this.octets = Buffer.from(octets.buffer, octets.byteOffset, octets.length);
    // Of what is reserved here, the system gives only the pages that are written.
    this.#names = new Runs(this.octets, rows);
    this.#ids = new Runs(this.octets, rows);
    this.#orders = new Uint32Array(rows);
    this.#rowOfName = new UniqueNameMap(this.#names);
    this.#rowOfId = new UniqueNameMap(this.#ids);
  }

  get count(): number {
    return this.#names.count;
  }

  /** What keeps an entry out, if anything does. */
  add({ name, id, order }: EntryPlace): "name" | "id" | undefined {
    if (this.find(this.octets, name.start, name.length) >= 0) return "name";
    if (this.#rowOfId.find(this.octets, id.start, id.length) >= 0) return "id";
    this.#orders[this.count] = order;
    this.#rowOfId.add(this.#ids.append(id));
    this.#rowOfName.add(this.#names.append(name));
    this.#holdsDigests ||= isDigestText(this.octets, id.start, id.length);
    return undefined;
  }

  /** The row of a unique name, -1 without one. */
  find(octets: Uint8Array, start: number, length: number): number {
    return this.#rowOfName.find(octets, start, length);
  }

  /** Whether these octets are one of the unique-ids. */
  holdsId(octets: Uint8Array, start: number, length: number): boolean {
    return this.#rowOfId.find(octets, start, length) >= 0;
  }

  /** Whether one of the unique-ids looks like a digest: if none does, no digest has to be made to see that it is not among them. */
  get holdsDigests(): boolean {
    return this.#holdsDigests;
  }

  /** ORDER_END and above: none. */
  orderAt(row: number): number {
    return this.#orders[row] ?? NO_ORDER;
  }

  /** Runs of `octets`. */
  get names(): UniqueNames {
    return this.#names;
  }

  get ids(): UniqueNames {
    return this.#ids;
  }

  entryAt(row: number): ImportedId {
    const order = this.orderAt(row);
    return {
      uniqueName: uniqueNameAt(this.#names, row),
      uniqueId: uniqueNameAt(this.#ids, row),
      order: order === NO_ORDER ? undefined : order,
    };
  }
}

export interface EntryPlace {
  readonly name: Run;
  readonly id: Run;
  readonly order: number;
}

export interface Run {
  readonly start: number;
  readonly length: number;
}

/** What stands in the column of orders for "-". */
export const NO_ORDER = 0xffff_ffff;

class Runs implements UniqueNames {
  readonly octets: Buffer;
  readonly starts: Uint32Array;
  readonly uniqueLengths: Uint16Array;
  count = 0;

  constructor(octets: Buffer, rows: number) {
    this.octets = octets;
    this.starts = new Uint32Array(rows);
    this.uniqueLengths = new Uint16Array(rows);
  }

  append({ start, length }: Run): number {
    this.starts[this.count] = start;
    this.uniqueLengths[this.count] = length;
    this.count += 1;
    return this.count - 1;
  }
}
