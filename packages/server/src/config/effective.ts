// From what was written to what holds: the file's names become the program's, paths become absolute.

import { absolutePath, absoluteTemplate } from "./absolute-path.js";
import type { AccountsConfig, Config, ListenConfig } from "./config.js";
import type { ParsedConfig } from "./schema.js";

/** `folder`: where relative paths start. */
export const toConfig = (parsed: ParsedConfig, folder: string): Config => {
  const absolute = (path: string): string => absolutePath(folder, path);
  const absoluteIfAny = (path: string | undefined) => (path === undefined ? undefined : absolute(path));
  return {
    listen: parsed.listen ?? DEFAULT_LISTENERS,
    proxy: parsed.proxy,
    tls: parsed.tls === undefined ? undefined : absoluteTls(parsed.tls, absolute),
    spool: {
      create: parsed.spool.create,
      io: parsed.spool.io,
      folderSeparator: parsed.spool.folder_separator,
      maildir: parsed.spool.maildir === undefined ? "" : absoluteTemplate(folder, parsed.spool.maildir),
    },
    accounts: parsed.accounts.map(
      (source): AccountsConfig =>
        source.type === "users-file" ? { type: source.type, path: absolute(source.path) } : source,
    ),
    auth: { ...parsed.auth, mechanisms: parsed.auth.mechanisms },
    maildrop: {
      retrieved: parsed.maildrop.retrieved,
      deleted: parsed.maildrop.deleted,
      trashCounts: parsed.maildrop.trash_counts,
      recentMs: parsed.maildrop.recent,
      expireMs: parsed.maildrop.expire,
    },
    uidl: parsed.uidl,
    lock: { waitMs: parsed.lock.wait, staleMs: parsed.lock.stale, directory: absoluteIfAny(parsed.lock.directory) },
    canary: { ...parsed.canary, directory: absoluteIfAny(parsed.canary.directory) },
    timeouts: {
      loginMs: parsed.timeouts.login,
      autologoutMs: parsed.timeouts.autologout,
      stalledMs: parsed.timeouts.stalled,
      drainMs: parsed.timeouts.drain,
    },
    limits: {
      connections: parsed.limits.connections,
      perAddress: parsed.limits.per_address,
      perAccount: parsed.limits.per_account,
      failuresBeforeDelay: parsed.limits.failures_before_delay,
    },
    user: parsed.user,
    group: parsed.group,
    workers: parsed.workers,
    log: { level: parsed.log.level, format: parsed.log.format, file: absoluteIfAny(parsed.log.file) },
    metrics: parsed.metrics,
    control: parsed.control && { socket: absolute(parsed.control.socket) },
  };
};

const absoluteTls = (tls: NonNullable<ParsedConfig["tls"]>, absolute: (path: string) => string) => ({
  certificate: absolute(tls.certificate),
  key: absolute(tls.key),
  names: tls.names.map(({ name, certificate, key }) => ({
    name,
    certificate: absolute(certificate),
    key: absolute(key),
  })),
  minimum: tls.minimum,
});

/** What is listened on when nothing is said. */
export const DEFAULT_LISTENERS: readonly ListenConfig[] = [
  { address: "127.0.0.1", port: 110, tls: "starttls", proxy: false },
  { address: "127.0.0.1", port: 995, tls: "implicit", proxy: false },
];
