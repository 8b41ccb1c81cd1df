// Where maildrops come from: Maildirs below the operator's template, or an embedding program.

import {
  andThen,
  type Eventually,
  type MaildirSite,
  type MaildirStore,
  type Maildrop,
  maildirFolder,
  type OpenOptions,
  type OpenOutcome,
  octetPath,
  type StorageRoots,
} from "@postigo/storage";
import type { Account } from "../auth/authenticator.js";
import type { Clock } from "../clock.js";
import type { MaildropConfig, SpoolConfig } from "../config/config.js";
import type { HeldPurge } from "./held-purge.js";
import type { MaildirTemplate } from "./maildir-path.js";
import type { MaildropSource, OpenedMaildrop, SourceOutcome } from "./maildrop-opener.js";
import { recentView } from "./recent-view.js";
import { removeExpired } from "./retention.js";

export interface MaildirSourceParts {
  readonly store: MaildirStore;
  /** Those of the store. */
  readonly roots: StorageRoots;
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
  const { template, clock } = parts;
  const own = optionsOf(parts);
  const below = { ...own, anchor: template.anchor };
  const homeOf = (account: Account): string | undefined => account.maildir ?? template.path(account.name);
  const { recentMs } = parts.maildrop;
  return {
    locate: (account) => placeIn(homeOf(account), account),
    open: (place, account, mayGoOn) => {
      const home = account.folder === undefined ? place : (homeOf(account) ?? place);
      const options = { ...(account.maildir === undefined ? below : own), mayGoOn };
      // Held mail stands in the Maildir itself, under its lock.
      const opening =
        home === place
          ? openAfterPurge(parts, { place, account, options })
          : openUnexpired(parts, { place, account, options: { ...options, folderOf: home } });
      if (account.isRecent !== true || recentMs === undefined) return opening;
      return andThen(opening, (outcome) =>
        outcome.type === "opened" ? recentView(outcome, clock.now() - recentMs) : outcome,
      );
    },
  };
}

function placeIn(home: string | undefined, { folder }: Account): string | undefined {
  return home === undefined || folder === undefined ? home : maildirFolder(home, folder);
}

function optionsOf({ spool, maildrop }: MaildirSourceParts): OpenOptions {
  const { deleted, trashCounts } = maildrop;
  return { create: spool.create, recover: true, deleted: deleted.type, trashCounts };
}

interface Opening {
  readonly place: string;
  readonly account: Account;
  readonly options: OpenOptions & { readonly mayGoOn: () => boolean };
}

function openAfterPurge(parts: MaildirSourceParts, opening: Opening): Eventually<SourceOutcome> {
  const { place, account, options } = opening;
  const purging = parts.heldPurge?.runIfDue(place, { user: account.name, mayGoOn: options.mayGoOn });
  return purging === undefined ? openUnexpired(parts, opening) : purging.then(() => openUnexpired(parts, opening));
}

function openUnexpired(parts: MaildirSourceParts, opening: Opening): Eventually<SourceOutcome> {
  return parts.maildrop.expireMs === undefined
    ? openAndJudge(parts, opening)
    : removeAndOpen(parts, opening, parts.clock.now() - parts.maildrop.expireMs);
}

function openAndJudge(
  { store, guard }: MaildirSourceParts,
  { place, account, options }: Opening,
): Eventually<SourceOutcome> {
  const judge = (outcome: OpenOutcome): Eventually<SourceOutcome> =>
    outcome.type === "opened" && guard !== undefined ? guard(outcome, place, account) : outcome;
  return andThen(store.open(place, options), judge);
}

async function removeAndOpen(parts: MaildirSourceParts, opening: Opening, before: number): Promise<SourceOutcome> {
  const outcome = await openAndJudge(parts, opening);
  if (outcome.type !== "opened") return outcome;
  const { mayGoOn } = opening.options;
  const site = await siteOf(parts, opening);
  const expired = await removeExpired(outcome.maildrop, site, { before, mayGoOn, looks: LOOKS_AT_A_LOGIN });
  if (expired === undefined) return outcome;
  outcome.onRemoved?.(expired.report);
  await outcome.maildrop.close();
  const again = await openAndJudge(parts, opening);
  if (again.type !== "opened") return again;
  return { ...again, expired, ...(outcome.finished === undefined ? {} : { finished: outcome.finished }) };
}

async function siteOf({ roots }: MaildirSourceParts, { place }: Opening): Promise<MaildirSite> {
  const root = octetPath(place);
  return { fs: await roots.of(root), root };
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

/** Local disks answer so many within five milliseconds, the far end of a network within a second. */
const LOOKS_AT_A_LOGIN = 1_000;
