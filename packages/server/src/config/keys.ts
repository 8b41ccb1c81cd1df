// The keys that can also be given as a flag or as an environment variable: all but the structured ones, `tls.names` and `listen[].proxy`.

/** How the text of a flag or variable becomes a value; the schema judges what comes out. */
export type KeyKind = "text" | "path" | "template" | "integer" | "yes-no" | "list" | "listeners" | "accounts" | "users";

export interface ConfigKey {
  readonly key: string;
  readonly kind: KeyKind;
  /** Flag without its dashes. */
  readonly flag: string;
  /** Undefined for what must not stand in an environment. */
  readonly variable: string | undefined;
  readonly help: string;
}

const key = (name: string, kind: KeyKind, help: string, flag = name): ConfigKey => ({
  key: name,
  kind,
  flag,
  variable: `POSTIGO_${flag.toUpperCase().replace(/[.-]/g, "_")}`,
  help,
});

export const CONFIG_KEYS: readonly ConfigKey[] = [
  key("listen", "listeners", "[tls://|starttls://|none://]HOST:PORT to listen on; may be repeated"),
  key("spool.maildir", "template", "a Maildir, or a template: /var/mail/%{domain}/%{local}/Maildir", "maildir"),
  { ...key("accounts", "users", "NAME:PASSWORD or NAME:{SCHEME}hash; may be repeated", "user"), variable: undefined },
  key("tls.certificate", "path", "certificate chain, PEM", "certificate"),
  key("tls.key", "path", "private key of the certificate, PEM", "key"),
  key("auth.plaintext", "text", "where plain-text logins are allowed: tls, loopback, always", "plaintext"),
  key("accounts", "accounts", "users file; may be repeated"),
  key("proxy.from", "list", "networks of the proxies before us, separated by commas"),
  key("tls.minimum", "text", "oldest TLS version: TLSv1.2, TLSv1.3"),
  key("spool.create", "yes-no", "make missing Maildirs"),
  key("spool.folder_separator", "text", "what stands between a user name and a Maildir++ folder, such as +"),
  key("spool.io", "text", "file access: auto, sync, async"),
  key("auth.mechanisms", "list", "SASL mechanisms, separated by commas"),
  key("auth.apop", "yes-no", "offer APOP in the greeting"),
  key("maildrop.retrieved", "text", "messages that were fetched: mark-seen, leave"),
  key("maildrop.deleted", "text", "messages that were deleted: unlink, trash, or hold with a time: hold 30d"),
  key("maildrop.trash_counts", "yes-no", "whether the trash folder counts against the quota"),
  key("maildrop.recent", "text", "age of the messages that recent:USER shows, such as 30d"),
  key("maildrop.expire", "text", "age at which messages are removed, such as 365d"),
  key("uidl.format", "text", "form of the unique-ids: name"),
  key("lock.wait", "text", "how long a second login waits for the maildrop"),
  key("lock.stale", "text", "age at which the lock of a dead host is broken"),
  key("lock.directory", "path", "where locks stand, if not in the maildrops"),
  key("canary.enabled", "yes-no", "refuse logins that find another directory in the place of a maildrop"),
  key("canary.directory", "path", "where is remembered what maildrops held"),
  key("canary.least", "integer", "maildrops with fewer messages are never refused for it"),
  key("canary.missing", "integer", "percent of the known messages that must be missing"),
  key("timeouts.login", "text", "time a client has to log in"),
  key("timeouts.autologout", "text", "idle time after which a session ends, 10m or more"),
  key("timeouts.stalled", "text", "time after which a client that reads nothing is cut off"),
  key("timeouts.drain", "text", "how long sessions go on in a process that has handed over"),
  key("limits.connections", "integer", "connections at once, of each process"),
  key("limits.per_address", "integer", "connections at once from one address"),
  key("limits.per_account", "integer", "sessions at once of one account"),
  key("limits.failures_before_delay", "integer", "failed logins before the next ones are delayed"),
  key("user", "text", "user to become once the ports are bound", "run-as-user"),
  key("group", "text", "group to become once the ports are bound", "run-as-group"),
  key("workers", "integer", "processes: a number, or auto for one per core"),
  key("log.level", "text", "error, warn, info, debug"),
  key("log.format", "text", "text, json"),
  key("log.file", "path", "log file, if not standard error"),
  key("metrics.address", "text", "where /metrics, /healthz and /readyz are served"),
  key("metrics.port", "integer", "their port; none of the two: no metrics"),
  key("control.socket", "path", "socket for postigo who and postigo kick"),
];
