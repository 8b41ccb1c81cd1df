// Delivery order: time, then unique name. Total, since no two messages share a unique name, and the same at each login.
//
// What comes in is nearly in order (the order of the last listing, then the new messages), so the runs that are there already are
// merged: one comparison a message in the usual case, n log n in the worst, and a pause is possible after each merge.

import { at, type NameColumns } from "./message-names.js";

export interface DeliveryKeys {
  readonly names: NameColumns;
  readonly times: Float64Array;
}

/** `rows` in delivery order; `breathe` is called between steps. */
export async function inDeliveryOrder(
  rows: Uint32Array,
  keys: DeliveryKeys,
  breathe: () => Promise<void> | undefined,
): Promise<Uint32Array> {
  let bounds = runsIn(rows, keys);
  let from = rows.slice();
  let to = new Uint32Array(rows.length);
  while (bounds.length > 2) {
    const merged = [0];
    for (let run = 0; run + 1 < bounds.length; run += 2) {
      const end = at(bounds, Math.min(run + 2, bounds.length - 1));
      merge({ from, to, start: at(bounds, run), middle: at(bounds, run + 1), end }, keys);
      merged.push(end);
      const pause = breathe();
      if (pause) await pause;
    }
    bounds = merged;
    [from, to] = [to, from];
  }
  return from;
}

/** Where the runs that are in order begin, and the end of the last. */
function runsIn(rows: Uint32Array, keys: DeliveryKeys): number[] {
  const bounds = [0];
  for (let index = 1; index < rows.length; index++) {
    if (isLater(rows[index - 1] ?? 0, rows[index] ?? 0, keys)) bounds.push(index);
  }
  bounds.push(rows.length);
  return bounds;
}

interface MergeTask {
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  readonly start: number;
  readonly middle: number;
  readonly end: number;
}

function merge({ from, to, start, middle, end }: MergeTask, keys: DeliveryKeys): void {
  let left = start;
  let right = middle;
  for (let next = start; next < end; next++) {
    const takesRight = left === middle || (right < end && isLater(from[left] ?? 0, from[right] ?? 0, keys));
    to[next] = from[takesRight ? right++ : left++] ?? 0;
  }
}

function isLater(a: number, b: number, { names, times }: DeliveryKeys): boolean {
  const difference = (times[a] ?? 0) - (times[b] ?? 0);
  return difference === 0 ? compareUniqueNames(a, b, names) > 0 : difference > 0;
}

function compareUniqueNames(a: number, b: number, { octets, starts, uniqueLengths }: NameColumns): number {
  const first = at(starts, a);
  const second = at(starts, b);
  return octets.compare(octets, second, second + at(uniqueLengths, b), first, first + at(uniqueLengths, a));
}
