// The messages of a maildrop in delivery order, as columns (ADR 0013).

import { Buffer } from "node:buffer";
import { type NameColumns, pathAt, uniqueNameAt } from "../maildir/message-names.js";
import type { MessageTable } from "../maildrop.js";
import { digestOf, isUniqueId } from "../uid/unique-id.js";

export interface Columns {
  readonly names: NameColumns;
  /** Canonical octets. */
  readonly octets: Float64Array;
  readonly fileOctets: Float64Array;
  /** Delivery times in microseconds since 1970. */
  readonly times: Float64Array;
  /** MEASURED or GUESSED. */
  readonly measured: Uint8Array;
}

/** The octets are those of the file. */
export const MEASURED = 1;
/** The file could not be read and its octets are what its name or its size said, or it is one of several copies. Tried again at each listing. */
export const GUESSED = 0;

export class MessageColumns implements MessageTable, Columns {
  readonly names: NameColumns;
  readonly octets: Float64Array;
  readonly fileOctets: Float64Array;
  readonly times: Float64Array;
  readonly measured: Uint8Array;

  constructor(columns: Columns) {
    this.names = columns.names;
    this.octets = columns.octets;
    this.fileOctets = columns.fileOctets;
    this.times = columns.times;
    this.measured = columns.measured;
  }

  static readonly empty = new MessageColumns(columnsFor(0, 0));

  get count(): number {
    return this.names.count;
  }

  /** Memory it takes. */
  get byteLength(): number {
    return this.names.octets.length + this.count * OCTETS_A_ROW;
  }

  octetsAt(position: number): number {
    return this.octets[position] ?? 0;
  }

  deliveredAt(position: number): number {
    return (this.times[position] ?? 0) / 1000;
  }

  fileOctetsAt(position: number): number {
    return this.fileOctets[position] ?? 0;
  }

  uniqueIdAt(position: number): string {
    const { octets, starts, uniqueLengths } = this.names;
    const start = starts[position] ?? 0;
    const length = uniqueLengths[position] ?? 0;
    return isUniqueId(octets, start, length)
      ? octets.toString("latin1", start, start + length)
      : digestOf(octets, start, length);
  }

  copyUniqueId(position: number, target: Uint8Array, offset: number): number {
    const { octets, starts, uniqueLengths } = this.names;
    const start = starts[position] ?? 0;
    const length = uniqueLengths[position] ?? 0;
    if (!isUniqueId(octets, start, length)) return copyAscii(digestOf(octets, start, length), target, offset);
    for (let index = 0; index < length; index++) target[offset + index] = octets[start + index] ?? 0;
    return length;
  }

  uniqueNameAt(position: number): string {
    return uniqueNameAt(this.names, position);
  }

  pathAt(position: number): string {
    return pathAt(this.names, position);
  }

  /** Whether both list the same files in the same order with the same octets. */
  equals(other: MessageColumns): boolean {
    if (this === other) return true;
    return (
      this.count === other.count &&
      this.names.octets.equals(other.names.octets) &&
      sameElements(this.names.starts, other.names.starts) &&
      sameElements(this.names.folders, other.names.folders) &&
      sameElements(this.octets, other.octets) &&
      sameElements(this.fileOctets, other.fileOctets) &&
      sameElements(this.measured, other.measured)
    );
  }
}

/** Columns of zeros. */
export function columnsFor(count: number, nameOctets: number): Columns {
  return {
    names: {
      count,
      octets: Buffer.allocUnsafeSlow(nameOctets),
      starts: new Uint32Array(count + 1),
      uniqueLengths: new Uint16Array(count),
      folders: new Uint8Array(count),
    },
    octets: new Float64Array(count),
    fileOctets: new Float64Array(count),
    times: new Float64Array(count),
    measured: new Uint8Array(count),
  };
}

function copyAscii(text: string, target: Uint8Array, offset: number): number {
  for (let index = 0; index < text.length; index++) target[offset + index] = text.charCodeAt(index);
  return text.length;
}

function sameElements<T extends { readonly length: number; readonly [index: number]: number }>(a: T, b: T): boolean {
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return a.length === b.length;
}

/** Three numbers of eight octets, one of four, one of two, two of one. */
const OCTETS_A_ROW = 32;
