// Messages that are older than the operator keeps them. They go before a session sees the maildrop, so that no number or unique-id
// of a session is ever taken away; a bounded number at a time.

import { type FinishedUpdate, type MaildirSite, type Maildrop, oldMessages } from "@postigo/storage";

export interface Retention {
  /** Milliseconds since 1970: what was delivered before is to go. */
  readonly before: number;
  /** Whether the lock is still ours. */
  readonly mayGoOn: () => boolean;
  /** Files that may be looked at, to make sure that they are as old as they are called. */
  readonly looks: number;
}

/** `maildrop`: of the Maildir at `site`. undefined: none was old enough. */
export async function removeExpired(
  maildrop: Maildrop,
  site: MaildirSite,
  { before, mayGoOn, looks }: Retention,
): Promise<FinishedUpdate | undefined> {
  const positions = await oldMessages(site, maildrop.messages, { before, looks, most: AT_A_TIME });
  if (positions.length === 0 || !mayGoOn()) return undefined;
  return { report: await maildrop.remove(positions, mayGoOn), messages: maildrop.messages };
}

const AT_A_TIME = 1_000;
