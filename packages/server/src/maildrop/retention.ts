// Messages that are older than the operator keeps them. They go before a session sees the maildrop, so that no number or unique-id
// of a session is ever taken away; a bounded number at a time, the oldest first.

import type { FinishedUpdate, Maildrop } from "@postigo/storage";

/** undefined: none was old enough. `before`: milliseconds since 1970. */
export async function removeExpired(maildrop: Maildrop, before: number): Promise<FinishedUpdate | undefined> {
  const positions = expiredIn(maildrop, before);
  if (positions.length === 0) return undefined;
  return { report: await maildrop.remove(positions), messages: maildrop.messages };
}

/** Messages are in delivery order: the first that is young enough ends the search. */
export function expiredIn({ messages }: Maildrop, before: number): readonly number[] {
  const positions: number[] = [];
  for (let position = 0; position < messages.count && positions.length < AT_A_TIME; position++) {
    if (messages.deliveredAt(position) >= before) break;
    positions.push(position);
  }
  return positions;
}

const AT_A_TIME = 1_000;
