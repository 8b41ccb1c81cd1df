// Messages that are older than the operator keeps them. They go before a session sees the maildrop, so that no number or unique-id
// of a session is ever taken away; a bounded number at a time.

import type { FinishedUpdate, Maildrop } from "@postigo/storage";

export interface Retention {
  /** Milliseconds since 1970: what was delivered before is to go. */
  readonly before: number;
  /** Whether the lock is still ours. */
  readonly mayGoOn: () => boolean;
}

/** undefined: none was old enough. */
export async function removeExpired(
  maildrop: Maildrop,
  { before, mayGoOn }: Retention,
): Promise<FinishedUpdate | undefined> {
  const positions = expiredIn(maildrop, before);
  if (positions.length === 0 || !mayGoOn()) return undefined;
  return { report: await maildrop.remove(positions, mayGoOn), messages: maildrop.messages };
}

/** Each is looked at: imported unique-ids may put an old message behind a young one. */
function expiredIn({ messages }: Maildrop, before: number): readonly number[] {
  const positions: number[] = [];
  for (let position = 0; position < messages.count && positions.length < AT_A_TIME; position++) {
    if (messages.deliveredAt(position) < before) positions.push(position);
  }
  return positions;
}

const AT_A_TIME = 1_000;
