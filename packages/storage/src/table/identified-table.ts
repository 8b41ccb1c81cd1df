// A table as its messages were called and ordered by the server before this one.

import type { MessageTable } from "../maildrop.js";
import type { Identities } from "../uid/identities.js";
import type { MessageColumns } from "./message-columns.js";

export class IdentifiedTable implements MessageTable {
  readonly base: MessageColumns;
  readonly #identities: Identities;

  constructor(base: MessageColumns, identities: Identities) {
    this.base = base;
    this.#identities = identities;
  }

  get count(): number {
    return this.base.count;
  }

  /** Position in `base`. */
  rowAt(position: number): number {
    return this.#identities.rowAt(position);
  }

  octetsAt(position: number): number {
    return this.base.octetsAt(this.rowAt(position));
  }

  fileOctetsAt(position: number): number {
    return this.base.fileOctetsAt(this.rowAt(position));
  }

  deliveredAt(position: number): number {
    return this.base.deliveredAt(this.rowAt(position));
  }

  uniqueIdAt(position: number): string {
    const row = this.rowAt(position);
    const length = this.#identities.lengthAt(row);
    if (length === 0) return this.base.uniqueIdAt(row);
    const start = this.#identities.startAt(row);
    return String.fromCharCode(...this.#identities.columns.octets.subarray(start, start + length));
  }

  copyUniqueId(position: number, target: Uint8Array, offset: number): number {
    const row = this.rowAt(position);
    const length = this.#identities.lengthAt(row);
    if (length === 0) return this.base.copyUniqueId(row, target, offset);
    const start = this.#identities.startAt(row);
    const { octets } = this.#identities.columns;
    for (let index = 0; index < length; index++) target[offset + index] = octets[start + index] ?? 0;
    return length;
  }

  pathAt(position: number): string {
    return this.base.pathAt(this.rowAt(position));
  }
}
