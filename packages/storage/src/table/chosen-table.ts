// Some messages of a table, as a table of their own.

import type { MessageTable } from "../maildrop.js";

export class ChosenTable implements MessageTable {
  readonly #whole: MessageTable;
  readonly #positions: Uint32Array;

  /** `positions`: in the whole table, ascending. */
  constructor(whole: MessageTable, positions: Uint32Array) {
    this.#whole = whole;
    this.#positions = positions;
  }

  get count(): number {
    return this.#positions.length;
  }

  /** Of a position here that in the whole table. */
  wholeOf(position: number): number {
    return this.#positions[position] ?? Number.NaN;
  }

  octetsAt(position: number): number {
    return this.#whole.octetsAt(this.wholeOf(position));
  }

  deliveredAt(position: number): number {
    return this.#whole.deliveredAt(this.wholeOf(position));
  }

  fileOctetsAt(position: number): number {
    return this.#whole.fileOctetsAt(this.wholeOf(position));
  }

  uniqueIdAt(position: number): string {
    return this.#whole.uniqueIdAt(this.wholeOf(position));
  }

  copyUniqueId(position: number, target: Uint8Array, offset: number): number {
    return this.#whole.copyUniqueId(this.wholeOf(position), target, offset);
  }

  pathAt(position: number): string {
    return this.#whole.pathAt(this.wholeOf(position));
  }
}

/** Ascending; those that `isChosen` says. */
export function positionsThat(table: MessageTable, isChosen: (position: number) => boolean): Uint32Array {
  const positions = new Uint32Array(table.count);
  let count = 0;
  for (let position = 0; position < table.count; position++) {
    if (isChosen(position)) positions[count++] = position;
  }
  return positions.slice(0, count);
}
