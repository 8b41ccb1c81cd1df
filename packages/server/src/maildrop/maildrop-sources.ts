// Where maildrops come from: Maildirs below the operator's template, or an embedding program.

import type { Eventually, MaildirStore, Maildrop, OpenOptions, OpenOutcome } from "@postigo/storage";
import type { Account } from "../auth/authenticator.js";
import type { Clock } from "../clock.js";
import type { MaildropConfig, SpoolConfig } from "../config/config.js";
import type { HeldPurge } from "./held-purge.js";
import type { MaildirTemplate } from "./maildir-path.js";
import type { MaildropSource, OpenedMaildrop, SourceOutcome } from "./maildrop-opener.js";
import { type Retention, removeExpired } from "./retention.js";

export interface MaildirSourceParts {
  readonly store: MaildirStore;
  readonly template: MaildirTemplate;
  readonly spool: SpoolConfig;
  readonly maildrop: MaildropConfig;
  readonly clock: Clock;
  /** undefined: nothing is held, so nothing is to be purged. */
  readonly heldPurge: HeldPurge | undefined;
  /** undefined: whatever is found there is the maildrop. */
  readonly guard: MaildropGuard | undefined;
}

/** Judges, before anything is changed in it, whether what was opened is the maildrop of that account. */
export type MaildropGuard = (opened: OpenedMaildrop, place: string, account: Account) => Eventually<SourceOutcome>;

/** Maildirs of a spool. A path of the account's own goes before the template, and needs no anchor. */
export function createMaildirSource(parts: MaildirSourceParts): MaildropSource {
  const { template, maildrop } = parts;
  const own = optionsOf(parts);
  const below = { ...own, anchor: template.anchor };
  const { expireMs } = maildrop;
  return {
    locate: (account) => account.maildir ?? template.path(account.name),
    open: (place, account, mayGoOn) => {
      const options = { ...(account.maildir === undefined ? below : own), mayGoOn };
      const openGuarded = () => openAndJudge(parts, { place, account, options });
      const open = (): Eventually<SourceOutcome> =>
        expireMs === undefined
          ? openGuarded()
          : openUnexpired(openGuarded, { mayGoOn, before: parts.clock.now() - expireMs });
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
  readonly account: Account;
  readonly options: OpenOptions;
}

function openAndJudge(
  { store, guard }: MaildirSourceParts,
  { place, account, options }: Opening,
): Eventually<SourceOutcome> {
  const judge = (outcome: OpenOutcome): Eventually<SourceOutcome> =>
    outcome.type === "opened" && guard !== undefined ? guard(outcome, place, account) : outcome;
  const outcome = store.open(place, options);
  return outcome instanceof Promise ? outcome.then(judge) : judge(outcome);
}

async function openUnexpired(open: () => Eventually<SourceOutcome>, retention: Retention): Promise<SourceOutcome> {
  const outcome = await open();
  if (outcome.type !== "opened") return outcome;
  const expired = await removeExpired(outcome.maildrop, retention);
  if (expired === undefined) return outcome;
  outcome.onRemoved?.(expired.report);
  await outcome.maildrop.close();
  const again = await open();
  if (again.type !== "opened") return again;
  return { ...again, expired, ...(outcome.finished === undefined ? {} : { finished: outcome.finished }) };
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
