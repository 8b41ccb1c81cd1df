// The end of mail that was held aside: what was removed before a moment is unlinked, the oldest first, a bounded number at a time.

import type { MaildirSite } from "../maildir/maildir-site.js";
import { isMissing } from "../ports/errno.js";
import { type AsideMessage, listHeld } from "./aside-mail.js";
import { tidyUp } from "./held-folders.js";

export interface PurgeOptions {
  /** Milliseconds since 1970: what was removed before it goes. */
  readonly before: number;
  /** Messages at most. */
  readonly most: number;
  readonly mayGoOn: () => boolean;
}

export interface PurgeReport {
  readonly purged: readonly AsideMessage[];
  readonly failed: readonly { readonly message: AsideMessage; readonly cause: unknown }[];
}

/** Messages held aside that were removed before `before`, the oldest first. */
export async function heldBefore(site: MaildirSite, before: number): Promise<readonly AsideMessage[]> {
  const held = await listHeld(site, before);
  return [...held].sort((one, other) => one.removedAt - other.removedAt);
}

/** The caller holds the lock. No quota counts what was held. Rejects if the folder cannot be listed. */
export async function purgeHeld(site: MaildirSite, { before, most, mayGoOn }: PurgeOptions): Promise<PurgeReport> {
  const purged: AsideMessage[] = [];
  const failed: { message: AsideMessage; cause: unknown }[] = [];
  for (const message of (await heldBefore(site, before)).slice(0, most)) {
    if (!mayGoOn()) break;
    try {
      await site.fs.unlink(`${site.root}/${message.path}`);
      purged.push(message);
      await tidyUp(site, message.path);
    } catch (cause) {
      if (!isMissing(cause)) failed.push({ message, cause });
    }
    await site.fs.yieldIfDue();
  }
  return { purged, failed };
}
