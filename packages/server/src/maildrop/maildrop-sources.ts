// Where maildrops come from: Maildirs below the operator's template, or an embedding program.

import {
  andThen,
  type Eventually,
  type FoundMaildrop,
  type MaildirSite,
  type MaildirStore,
  type Maildrop,
  maildirFolder,
  type OpenOptions,
  octetPath,
  type RemovalReport,
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

/** Judges whether what was found is the maildrop of that account, before anything is changed in it. */
export interface MaildropGuard {
  /** Why it is not, for the operator. */
  judge(found: FoundMaildrop, place: string, account: Account): Eventually<string | undefined>;
  /** We have removed these messages of what was found. */
  removed(found: FoundMaildrop, place: string, report: RemovalReport): void;
}

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
          ? openAndPurge(parts, { place, account, options })
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

/** Once it is known to be the maildrop. */
function openAndPurge(parts: MaildirSourceParts, opening: Opening): Eventually<SourceOutcome> {
  const { place, account, options } = opening;
  return andThen(openUnexpired(parts, opening), (outcome) => {
    if (outcome.type !== "opened") return outcome;
    const purging = parts.heldPurge?.runIfDue(place, { user: account.name, mayGoOn: options.mayGoOn });
    return purging === undefined ? outcome : purging.then(() => outcome);
  });
}

function openUnexpired(parts: MaildirSourceParts, opening: Opening): Eventually<SourceOutcome> {
  return parts.maildrop.expireMs === undefined
    ? openAndJudge(parts, opening)
    : removeAndOpen(parts, opening, parts.clock.now() - parts.maildrop.expireMs);
}

function openAndJudge(parts: MaildirSourceParts, { place, account, options }: Opening): Eventually<SourceOutcome> {
  const { store, guard } = parts;
  if (guard === undefined) return store.open(place, options);
  let why: string | undefined;
  const approve = (found: FoundMaildrop): Eventually<boolean> =>
    andThen(guard.judge(found, place, account), (reason) => {
      why = reason;
      return reason === undefined;
    });
  return andThen(store.open(place, { ...options, approve }), (outcome): SourceOutcome => {
    if (outcome.type === "opened") return watched(outcome, (found, report) => guard.removed(found, place, report));
    return why === undefined ? outcome : { type: "refused", why };
  });
}

function watched(
  opened: OpenedMaildrop,
  onRemoved: (found: FoundMaildrop, report: RemovalReport) => void,
): OpenedMaildrop {
  const found = { messages: opened.maildrop.messages, folders: opened.folders };
  return { ...opened, onRemoved: (report) => onRemoved(found, report) };
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
