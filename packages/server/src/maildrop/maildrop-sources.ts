// Where maildrops come from: Maildirs below the operator's template, or an embedding program.

import type { MaildirStore, Maildrop } from "@postigo/storage";
import type { Account } from "../auth/authenticator.js";
import type { SpoolConfig } from "../config/config.js";
import type { MaildirTemplate } from "./maildir-path.js";
import type { MaildropSource } from "./maildrop-opener.js";

/** Maildirs of a spool. A path of the account's own goes before the template, and needs no anchor. */
export function createMaildirSource(
  store: MaildirStore,
  template: MaildirTemplate,
  spool: SpoolConfig,
): MaildropSource {
  return {
    locate: (account) => account.maildir ?? template.path(account.name),
    open: (place, account) =>
      store.open(place, {
        create: spool.create,
        ...(account.maildir === undefined ? { anchor: template.anchor } : {}),
      }),
  };
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
