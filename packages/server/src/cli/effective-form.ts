// The effective configuration in the form of the file, for `check`: every key, secrets masked.

import type { AccountsConfig, Config, DeletedConfig } from "../config/config.js";
import { formatDuration } from "../config/duration.js";

/** Reads as a configuration file that means the same, but for the masked secrets. */
export const effectiveForm = (config: Config): Readonly<Record<string, unknown>> => ({
  listen: config.listen,
  proxy: config.proxy,
  tls: config.tls ?? null,
  spool: {
    maildir: config.spool.maildir,
    create: config.spool.create,
    folder_separator: config.spool.folderSeparator ?? null,
    io: config.spool.io,
  },
  accounts: config.accounts.map(masked),
  auth: { plaintext: config.auth.plaintext, mechanisms: config.auth.mechanisms ?? null, apop: config.auth.apop },
  maildrop: {
    retrieved: config.maildrop.retrieved,
    deleted: deletedText(config.maildrop.deleted),
    trash_counts: config.maildrop.trashCounts,
    recent: config.maildrop.recentMs === undefined ? null : formatDuration(config.maildrop.recentMs),
    expire: config.maildrop.expireMs === undefined ? null : formatDuration(config.maildrop.expireMs),
  },
  uidl: config.uidl,
  lock: {
    wait: formatDuration(config.lock.waitMs),
    stale: formatDuration(config.lock.staleMs),
    directory: config.lock.directory ?? null,
  },
  canary: { ...config.canary, directory: config.canary.directory ?? null },
  timeouts: {
    login: formatDuration(config.timeouts.loginMs),
    autologout: formatDuration(config.timeouts.autologoutMs),
    stalled: formatDuration(config.timeouts.stalledMs),
    drain: formatDuration(config.timeouts.drainMs),
  },
  limits: {
    connections: config.limits.connections,
    per_address: config.limits.perAddress,
    per_account: config.limits.perAccount,
    failures_before_delay: config.limits.failuresBeforeDelay,
  },
  user: config.user ?? null,
  group: config.group ?? null,
  workers: config.workers,
  log: { ...config.log, file: config.log.file ?? null },
  metrics: config.metrics ?? null,
  control: config.control ?? null,
});

const deletedText = (deleted: DeletedConfig): string =>
  deleted.type === "hold" ? `hold ${formatDuration(deleted.ms)}` : deleted.type;

const masked = (source: AccountsConfig): AccountsConfig =>
  source.type === "inline" ? { ...source, users: source.users.map((user) => `${nameOf(user)}:********`) } : source;

/** A text without a colon may be a password that lost its name. */
const nameOf = (user: string): string => (user.includes(":") ? user.slice(0, user.indexOf(":")) : "?");
