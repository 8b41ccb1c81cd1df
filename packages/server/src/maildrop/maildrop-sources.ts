// Where maildrops come from: Maildirs below the operator's template, or an embedding program.

import type { Eventually, FinishedUpdate, MaildirStore, Maildrop, OpenOptions, OpenOutcome } from "@postigo/storage";
import type { Account } from "../auth/authenticator.js";
import type { Clock } from "../clock.js";
import type { MaildropConfig, SpoolConfig } from "../config/config.js";
import type { HeldPurge } from "./held-purge.js";
import type { MaildirTemplate } from "./maildir-path.js";
import type { MaildropSource, SourceOutcome } from "./maildrop-opener.js";
import { removeExpired } from "./retention.js";

export interface MaildirSourceParts {
  readonly store: MaildirStore;
  readonly template: MaildirTemplate;
  readonly spool: SpoolConfig;
  readonly maildrop: MaildropConfig;
  readonly clock: Clock;
  /** undefined: nothing is held, so nothing is to be purged. */
  readonly heldPurge: HeldPurge | undefined;
}

/** Maildirs of a spool. A path of the account's own goes before the template, and needs no anchor. */
export function createMaildirSource(parts: MaildirSourceParts): MaildropSource {
  const { store, template, maildrop } = parts;
  const own = optionsOf(parts);
  const below = { ...own, anchor: template.anchor };
  const { expireMs } = maildrop;
  return {
    locate: (account) => account.maildir ?? template.path(account.name),
    open: (place, account, mayGoOn) => {
      const options = { ...(account.maildir === undefined ? below : own), mayGoOn };
      const open = (): Eventually<SourceOutcome> =>
        expireMs === undefined
          ? store.open(place, options)
          : openUnexpired(store, { place, options, before: parts.clock.now() - expireMs });
      const purging = parts.heldPurge?.runIfDue(place, { user: account.name, mayGoOn });
      return purging === undefined ? open() : purging.then(open);
    },
  };
}

function optionsOf({ spool, maildrop }: MaildirSourceParts): OpenOptions {
  const { deleted, trashCounts } = maildrop;
  return { create: spool.create, recover: true, deleted: deleted.type, trashCounts };
}

interface Opening {
  readonly place: string;
  readonly options: OpenOptions & { readonly mayGoOn: () => boolean };
  /** Milliseconds since 1970: what was delivered before is to go. */
  readonly before: number;
}

async function openUnexpired(store: MaildirStore, { place, options, before }: Opening): Promise<SourceOutcome> {
  const outcome = await store.open(place, options);
  if (outcome.type === "unavailable") return outcome;
  const expired = await removeExpired(outcome.maildrop, { before, mayGoOn: options.mayGoOn });
  if (expired === undefined) return outcome;
  await outcome.maildrop.close();
  return withFinished(await store.open(place, options), { expired, finished: outcome.finished });
}

function withFinished(
  outcome: OpenOutcome,
  { expired, finished }: { readonly expired: FinishedUpdate; readonly finished: FinishedUpdate | undefined },
): SourceOutcome {
  if (outcome.type === "unavailable") return outcome;
  return { ...outcome, expired, ...(finished === undefined ? {} : { finished }) };
}

/** How an embedding program opens the maildrop of an account. */
export type MemoryMaildropSource = (account: Account) => Maildrop | Promise<Maildrop>;

/** `place` is a name no directory has: only the sessions of this process exclude each other. */
export function createProgrammaticSource(openMaildrop: MemoryMaildropSource): MaildropSource {
  return {
    locate: (account) => `/nonexistent/postigo/${encodeURIComponent(account.name)}`,
    open: async (_place, account) => ({ type: "opened", maildrop: await openMaildrop(account) }),
  };
}
