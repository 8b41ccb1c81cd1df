// One maildrop, gone through for `postigo expire`: looked at without a lock, or worked on under it.

import { heldBefore, type MaildirSite, type Maildrop, mailBefore, purgeHeld } from "@postigo/storage";
import type { EventLog } from "../log/event-log.js";
import { logPurge } from "../maildrop/held-purge.js";
import { logRemoval } from "../maildrop/log-removal.js";
import { removeExpired } from "../maildrop/retention.js";
import type { UserMaildrop, UserMaildrops } from "./user-maildrops.js";
import { createUserStore, openMaildrop, openOptionsOf, siteOf } from "./user-store.js";

/** Milliseconds since 1970; undefined: nothing goes for that reason. */
export interface ExpiryRule {
  readonly deliveredBefore: number | undefined;
  readonly deletedBefore: number | undefined;
}

/** Messages. */
export interface ExpiryCount {
  readonly expired: number;
  readonly purged: number;
  readonly failed: number;
}

export interface ExpirerParts {
  readonly rule: ExpiryRule;
  readonly log: EventLog;
  readonly tell: (what: string) => void;
}

export interface Expirer {
  /** What would go. Changes nothing. */
  look(maildrop: UserMaildrop): Promise<ExpiryCount>;
  /** Throws CommandError if the maildrop is in use. */
  run(maildrop: UserMaildrop): Promise<ExpiryCount>;
}

export const createExpirer = (maildrops: UserMaildrops, parts: ExpirerParts): Expirer => ({
  look: async (maildrop) => {
    const site = await siteOf(maildrops, maildrop);
    const { deliveredBefore, deletedBefore } = parts.rule;
    const old = deliveredBefore === undefined ? [] : await mailBefore(site, deliveredBefore);
    const held = deletedBefore === undefined ? [] : await heldBefore(site, deletedBefore);
    return { expired: old.length, purged: held.length, failed: 0 };
  },
  run: (maildrop) =>
    maildrops.underLock(maildrop, async (mayGoOn) => {
      const work = new Work(maildrops, maildrop, { ...parts, mayGoOn });
      await work.expire();
      await work.purge();
      return { expired: work.expired, purged: work.purged, failed: work.failed };
    }),
});

class Work implements ExpiryCount {
  expired = 0;
  purged = 0;
  failed = 0;
  readonly #maildrops: UserMaildrops;
  readonly #maildrop: UserMaildrop;
  readonly #parts: ExpirerParts & { readonly mayGoOn: () => boolean };

  constructor(
    maildrops: UserMaildrops,
    maildrop: UserMaildrop,
    parts: ExpirerParts & { readonly mayGoOn: () => boolean },
  ) {
    this.#maildrops = maildrops;
    this.#maildrop = maildrop;
    this.#parts = parts;
  }

  async expire(): Promise<void> {
    const { rule, tell } = this.#parts;
    if (rule.deliveredBefore === undefined) return;
    const store = createUserStore(this.#maildrops, ({ code, path }) => tell(`${path}: ${code}`));
    const site = await siteOf(this.#maildrops, this.#maildrop);
    const { deliveredBefore } = rule;
    try {
      for (let isMore = true; isMore; ) isMore = await this.#expireSome(await this.#open(store), site, deliveredBefore);
    } finally {
      await store.flush();
    }
  }

  async purge(): Promise<void> {
    const { rule, log, mayGoOn } = this.#parts;
    if (rule.deletedBefore === undefined) return;
    const options = { before: rule.deletedBefore, most: Number.MAX_SAFE_INTEGER, mayGoOn };
    const report = await purgeHeld(await siteOf(this.#maildrops, this.#maildrop), options);
    logPurge(log, this.#maildrop.user, report);
    this.purged += report.purged.length;
    this.failed += report.failed.length;
  }

  async #open(store: ReturnType<typeof createUserStore>): Promise<Maildrop> {
    const options = openOptionsOf(this.#maildrops, this.#maildrop, this.#parts.mayGoOn);
    return openMaildrop(store, this.#maildrop.path, options);
  }

  /** Whether there may be more: what cannot be removed would be met again for ever. */
  async #expireSome(maildrop: Maildrop, site: MaildirSite, before: number): Promise<boolean> {
    const { log, mayGoOn } = this.#parts;
    try {
      const expired = await removeExpired(maildrop, site, { before, mayGoOn, looks: Number.POSITIVE_INFINITY });
      if (expired === undefined) return false;
      await logRemoval({ log, session: "postigo", user: this.#maildrop.user, ...expired, why: "expired" });
      const gone = new Set(expired.report.removed.map(({ position }) => position)).size;
      this.expired += gone;
      this.failed += expired.report.failed.length;
      return gone > 0 && expired.report.failed.length === 0;
    } finally {
      await maildrop.close();
    }
  }
}
