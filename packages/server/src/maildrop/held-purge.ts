// The end of mail that is held aside: at a login to its maildrop, under its lock, once a day and a bounded number at a time. Who
// never logs in deletes nothing either; `postigo expire --all` sees to the rest.

import { type MaildirSite, octetPath, type PurgeReport, purgeHeld, type StorageRoots } from "@postigo/storage";
import type { Clock } from "../clock.js";
import { errorCode } from "../lock/lock-io.js";
import type { EventLog } from "../log/event-log.js";

export interface HeldPurgeParts {
  readonly roots: StorageRoots;
  readonly clock: Clock;
  readonly log: EventLog;
  /** How long mail is held. */
  readonly keptMs: number;
}

export interface HeldPurgeRequest {
  readonly user: string;
  /** Whether the lock is still ours. */
  readonly mayGoOn: () => boolean;
}

export class HeldPurge {
  readonly #parts: HeldPurgeParts;
  /** When each maildrop is due again, on the monotonic clock. */
  readonly #dueAt = new Map<string, number>();

  constructor(parts: HeldPurgeParts) {
    this.#parts = parts;
  }

  /** undefined: the maildrop was seen to within a day. Never rejects: what fails is logged, and tried again on another day. */
  runIfDue(place: string, request: HeldPurgeRequest): Promise<void> | undefined {
    const now = this.#parts.clock.monotonic();
    if ((this.#dueAt.get(place) ?? Number.NEGATIVE_INFINITY) > now) return undefined;
    if (this.#dueAt.size >= MAILDROPS_MAX) this.#dueAt.clear();
    this.#dueAt.set(place, now + DAY_MS);
    return this.#run(octetPath(place), request);
  }

  async #run(root: string, { user, mayGoOn }: HeldPurgeRequest): Promise<void> {
    const { roots, clock, log, keptMs } = this.#parts;
    const options = { before: clock.now() - keptMs, most: AT_A_TIME, mayGoOn };
    try {
      const site: MaildirSite = { fs: await roots.of(root), root };
      logPurge(log, user, await purgeHeld(site, options));
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
      log.event("held-message-not-purged", { user, file: root, error: String(error) });
    }
  }
}

export function logPurge(log: EventLog, user: string, { purged, failed }: PurgeReport): void {
  for (const { path, octets } of purged) log.event("held-message-purged", { user, file: path, octets });
  for (const { message, cause } of failed) {
    log.event("held-message-not-purged", { user, file: message.path, error: String(cause) });
  }
}

const DAY_MS = 86_400_000;
const AT_A_TIME = 1_000;
const MAILDROPS_MAX = 100_000;
