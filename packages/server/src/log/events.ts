// Every event that Postigo logs: its level and its fields. A Secret is not a FieldValue, so no field can hold one.

export type FieldValue = string | number | boolean | undefined;
export type Level = "error" | "warn" | "info" | "debug";

/** Fields of each event, by its name. Sizes in octets, spans in milliseconds. No field is called time, level or event. */
export interface EventFields {
  "session-opened": { session: string; peer: string; port: number; local: string; tls: boolean };
  "session-closed": {
    session: string;
    user: string | undefined;
    reason: string;
    ms: number;
    retrieved: number;
    top: number;
    deleted: number;
    octetsIn: number;
    octetsOut: number;
  };
  /** The one fixed line for intrusion filters: never change its form. */
  "login-failed": {
    session: string;
    peer: string;
    user: string | undefined;
    mechanism: string;
    why: string;
    tls: boolean;
  };
  login: {
    session: string;
    peer: string;
    user: string;
    mechanism: string;
    tls: boolean;
    messages: number;
    octets: number;
    ms: number;
    /** The name that was claimed, with folder and view, if it is not the user's own. */
    as: string | undefined;
  };
  /** One for each message that left the spool. */
  "message-removed": {
    session: string;
    user: string;
    uid: string;
    file: string;
    octets: number;
    how: string;
    why: string;
  };
  /** Mail that had been held aside long enough. */
  "held-message-purged": { user: string; file: string; octets: number };
  "held-message-not-purged": { user: string; file: string; error: string };
  /** Brought back by `postigo undelete`. */
  "message-restored": { user: string; uid: string; file: string; from: string; octets: number };
  /** The remembered count of a message was wrong; the client was told the true one where that was still possible. */
  "octets-corrected": { session: string; user: string; uid: string; announced: number; octets: number };
  "maildrop-close-failed": { session: string; user: string; error: string };
  /** `reason` as the client is told it by its response code; `why` is for the operator. */
  "maildrop-refused": { session: string; user: string; reason: string; why: string };
  /** Another directory stands in the place of a maildrop; logins are refused until an operator has done what `remedy` says. */
  "maildrop-changed": { user: string; maildrop: string; known: number; missing: string; remedy: string };
  "message-not-removed": { session: string; user: string; uid: string; file: string; error: string };

  "metrics-listening": { address: string; port: number };
  "control-listening": { path: string };
  /** An operator ended sessions by `postigo kick`. */
  "sessions-kicked": { target: string; sessions: number; unfinished: number };
  "control-failed": { path: string; error: string };
  "gateway-started": { pid: number; listeners: number };
  "worker-died": { pid: number; why: string; restartMs: number };
  /** It was told to end, had its time, and is ended by SIGKILL. */
  "worker-hangs": { pid: number; waitedMs: number };
  /** New workers are being started; the old ones go on meanwhile. */
  "hand-over-started": { workers: number };
  /** The new workers serve; the old ones take no more connections. */
  "handed-over": { workers: number; retiring: number };
  /** All is as it was. */
  "hand-over-failed": { error: string };
  /** Sessions go on for at most that long. */
  "gateway-retiring": { sessions: number; patienceMs: number };
  /** The service manager did not hear of us: with Type=notify it will take the service for hung. */
  "notify-failed": { error: string };
  /** systemd-notify speaks in the place of the main process; whether it is believed the manager does not tell. */
  "notify-by-program": { why: string; remedy: string };
  "gateway-stopping": { sessions: number };
  "gateway-stopped": Record<never, FieldValue>;
  listening: { address: string; port: number; tls: string; inherited?: true };
  /** The service manager handed over a socket that no listener has; it is closed. */
  "inherited-socket-unused": { address: string; port: number; name: string | undefined };
  "accept-failed": { address: string; port: number; error: string };
  reloaded: Record<never, FieldValue>;
  /** What was in force before stays in force. */
  "reload-failed": { error: string };
  /** A key that changed, but counts only from the next start on. */
  "restart-needed": { where: string; key: string };
  "config-warning": { where: string; key: string; problem: string };
  "accounts-loaded": { path: string; accounts: number };
  /** Announced, but these accounts are kept in a form it cannot use: a client that picks it by itself fails for them. */
  "mechanism-not-for-all": { mechanism: string; accounts: number; of: number };
  "accounts-problem": { at: string; what: string; remedy: string };
  "certificate-expired": { file: string; since: string };
  "certificate-expires-soon": { file: string; on: string; days: number };
  "certificate-not-yet-valid": { file: string; from: string };
  /** Clients that ask for the name will refuse the certificate. */
  "certificate-misses-name": { file: string; name: string };
  "key-readable-by-others": { file: string };
  /** Everything runs as root: set `user`. */
  "running-as-root": Record<never, FieldValue>;
  "privileges-dropped": { uid: number; gid: number };
  /** Fewer files may be open than the configured connections need. */
  "descriptors-short": { limit: number; needed: number };
  /** What maildrops held is forgotten when the process ends: set `canary.directory`. */
  "canary-in-memory-only": Record<never, FieldValue>;
  /** Nobody notices when a maildrop is exchanged. */
  "canary-off": { why: string };
  /** What a maildrop held could not be read or written down; its sessions go on unguarded. */
  "canary-trouble": { what: string; maildrop: string; error: string };
  /** Changes of files go unseen from now on: reload by SIGHUP. */
  "watch-failed": { error: string };
  /** Storage goes on without what failed: an index that could not be saved, a quota file that could not be told. */
  "storage-trouble": { code: string; path: string; error: string };

  "connection-refused": { peer: string; why: string };
  "connection-error": { session: string; error: string };
  "connection-stalled": { session: string; user: string | undefined };
  /** A fault of ours: the session ends, the server lives. */
  "session-failed": { session: string; user: string | undefined; error: string };
  /** A fault of ours that nothing could contain: the process ends. */
  "fatal-error": { error: string; stack: string | undefined };
  "account-source-failed": { session: string; error: string };

  "lock-taken-over": { maildrop: string; session: string; why: string; from: string | undefined };
  "lock-in-memory-only": { maildrop: string; session: string; code: string };
  "lock-lost": { maildrop: string; session: string; error: string };
  "lock-release-failed": { maildrop: string; session: string; error: string };

  /** Lines of one event that a flood of them pushed out within a second. */
  "lines-suppressed": { of: string; lines: number };
  /** Lines that could not be written: the disk was full, the reader gone or too slow. */
  "lines-lost": { lines: number; error: string };
  "log-reopened": { file: string };
  /** The log goes on in the file that was open. */
  "log-reopen-failed": { file: string; error: string };
}

export type EventName = keyof EventFields;

export const EVENT_LEVELS: { readonly [N in EventName]: Level } = {
  "session-opened": "debug",
  "session-closed": "info",
  "login-failed": "warn",
  login: "info",
  "message-removed": "info",
  "held-message-purged": "info",
  "held-message-not-purged": "error",
  "message-restored": "info",
  "maildrop-refused": "warn",
  "maildrop-changed": "error",
  "message-not-removed": "error",
  "octets-corrected": "warn",
  "maildrop-close-failed": "error",
  "metrics-listening": "info",
  "control-listening": "info",
  "sessions-kicked": "warn",
  "control-failed": "warn",
  "gateway-started": "info",
  "worker-died": "error",
  "worker-hangs": "error",
  "hand-over-started": "info",
  "handed-over": "info",
  "hand-over-failed": "error",
  "gateway-retiring": "info",
  "notify-failed": "error",
  "notify-by-program": "warn",
  "gateway-stopping": "info",
  "gateway-stopped": "info",
  listening: "info",
  "inherited-socket-unused": "warn",
  "accept-failed": "error",
  reloaded: "info",
  "reload-failed": "error",
  "restart-needed": "warn",
  "config-warning": "warn",
  "accounts-loaded": "info",
  "mechanism-not-for-all": "warn",
  "accounts-problem": "warn",
  "certificate-expired": "error",
  "certificate-expires-soon": "warn",
  "certificate-not-yet-valid": "error",
  "certificate-misses-name": "warn",
  "key-readable-by-others": "warn",
  "running-as-root": "warn",
  "privileges-dropped": "info",
  "descriptors-short": "warn",
  "canary-in-memory-only": "info",
  "canary-off": "warn",
  "canary-trouble": "warn",
  "watch-failed": "error",
  "storage-trouble": "warn",
  "connection-refused": "warn",
  "connection-error": "debug",
  "connection-stalled": "info",
  "session-failed": "error",
  "fatal-error": "error",
  "account-source-failed": "error",
  "lock-taken-over": "warn",
  "lock-in-memory-only": "warn",
  "lock-lost": "error",
  "lock-release-failed": "warn",
  "lines-suppressed": "warn",
  "lines-lost": "error",
  "log-reopened": "info",
  "log-reopen-failed": "error",
};

/**
 * Events that a stranger can cause at will; while they name no user they are bounded by the second.
 * A failed login is not among them: each has its line, and logins are slowed down elsewhere.
 */
export const BOUNDED_EVENTS: ReadonlySet<EventName> = new Set([
  "session-opened",
  "session-closed",
  "connection-refused",
  "connection-error",
  "connection-stalled",
  "accept-failed",
  "account-source-failed",
]);

/** Fields of the fixed line, in their fixed order. */
export const LOGIN_FAILED_FIELDS = [
  "session",
  "peer",
  "user",
  "mechanism",
  "why",
  "tls",
] as const satisfies readonly (keyof EventFields["login-failed"])[];
