// The effective configuration: every key present, durations in milliseconds, sizes in octets, paths absolute. DESIGN §8 names the keys.

export interface Config {
  readonly listen: readonly ListenConfig[];
  readonly proxy: ProxyConfig;
  readonly tls: TlsConfig | undefined;
  readonly spool: SpoolConfig;
  readonly accounts: readonly AccountsConfig[];
  readonly auth: AuthConfig;
  readonly maildrop: MaildropConfig;
  readonly uidl: { readonly format: "name" };
  readonly canary: CanaryConfig;
  readonly lock: { readonly waitMs: number; readonly staleMs: number; readonly directory: string | undefined };
  readonly timeouts: {
    readonly loginMs: number;
    readonly autologoutMs: number;
    readonly stalledMs: number;
    readonly drainMs: number;
  };
  readonly limits: LimitsConfig;
  readonly user: string | undefined;
  readonly group: string | undefined;
  readonly workers: number | "auto";
  readonly log: LogConfig;
  /** undefined: none. */
  readonly metrics: { readonly address: string; readonly port: number } | undefined;
  /** undefined: none. */
  readonly control: { readonly socket: string } | undefined;
}

export interface ListenConfig {
  readonly address: string;
  /** 0 asks the system for a free one. */
  readonly port: number;
  readonly tls: "none" | "starttls" | "implicit";
  /** Every connection begins with a header of the PROXY protocol. */
  readonly proxy: boolean;
}

export interface ProxyConfig {
  /** Networks whose headers are believed: `10.0.0.0/8`, `::1`. */
  readonly from: readonly string[];
}

export interface TlsConfig {
  readonly certificate: string;
  readonly key: string;
  readonly names: readonly { readonly name: string; readonly certificate: string; readonly key: string }[];
  readonly minimum: "TLSv1.2" | "TLSv1.3";
}

export interface SpoolConfig {
  /** Path template with %{user} %{local} %{domain} (and %u %n %d). */
  readonly maildir: string;
  readonly create: boolean;
  /** Between the name of an account and that of a Maildir++ folder; undefined: folders are not served. */
  readonly folderSeparator: string | undefined;
  readonly io: "auto" | "sync" | "async";
}

export type AccountsConfig =
  | { readonly type: "users-file"; readonly path: string }
  /** Quick mode: `--user NAME:PASSWORD`, or `NAME:{SCHEME}hash`. */
  | { readonly type: "inline"; readonly users: readonly string[] };

export interface AuthConfig {
  readonly plaintext: "tls" | "loopback" | "always";
  /** undefined: all; of these, each that at least one account can use. */
  readonly mechanisms: readonly SaslMechanism[] | undefined;
  readonly apop: boolean;
}

export type SaslMechanism = "PLAIN" | "LOGIN" | "CRAM-MD5" | "SCRAM-SHA-1" | "SCRAM-SHA-256";

export interface MaildropConfig {
  readonly retrieved: "mark-seen" | "leave";
  readonly deleted: DeletedConfig;
  /** Whether the trash folder counts against the quota, as it does for Dovecot and does not for Courier. */
  readonly trashCounts: boolean;
  /** Age at which messages are removed at the next login; undefined: never. */
  readonly expireMs: number | undefined;
  /** How old the messages may be that `recent:` before a user name shows; undefined: that is no view. */
  readonly recentMs: number | undefined;
}

/** What becomes of a message that a client deletes. */
export type DeletedConfig =
  | { readonly type: "unlink" }
  | { readonly type: "trash" }
  /** Kept aside for so long. */
  | { readonly type: "hold"; readonly ms: number };

export interface CanaryConfig {
  readonly enabled: boolean;
  /** undefined: that of the service manager, else what is known goes with the process. */
  readonly directory: string | undefined;
  /** Maildrops that held fewer messages are let pass. */
  readonly least: number;
  /** Percent of the known messages that must be missing. */
  readonly missing: number;
}

export interface LimitsConfig {
  readonly connections: number;
  readonly perAddress: number;
  readonly perAccount: number;
  readonly failuresBeforeDelay: number;
}

export interface LogConfig {
  readonly level: "error" | "warn" | "info" | "debug";
  readonly format: "text" | "json";
  /** undefined: standard error. */
  readonly file: string | undefined;
}
