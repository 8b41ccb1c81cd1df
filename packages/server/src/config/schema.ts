// The configuration as it is written: names, forms and ranges of every key, and a sentence for each way to get one wrong.
// A sentence says what is wrong and, after a semicolon, what to do.

import { isIP } from "node:net";
import { z } from "zod";
import { isNetwork } from "../net/networks.js";
import type { DeletedConfig } from "./config.js";
import { formatDuration, parseDuration } from "./duration.js";
import { suggestion } from "./suggestion.js";

/** The YAML file's shape; also what `createGateway` takes. Durations are texts such as `10m`. */
export type ConfigInput = z.input<typeof configSchema>;

/** The same once parsed: defaults filled in, durations in milliseconds. */
export type ParsedConfig = z.output<typeof configSchema>;

type Issue = { readonly input?: unknown };

const show = (value: unknown): string => {
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
};

const expected =
  (what: string) =>
  ({ input }: Issue): string =>
    input === undefined ? `is missing; write ${what}` : `is ${show(input)}; write ${what}`;

const text = (what: string) => z.string({ error: expected(what) }).min(1, { error: `is empty; write ${what}` });

const path = (what: string) => text(`the path of ${what}`);

const yesNo = () => z.boolean({ error: expected("true or false") });

const oneOf = <const V extends readonly string[]>(values: V) =>
  z.enum(values, {
    error: ({ input }: Issue) =>
      expected(values.length === 1 ? `${values[0]}, the only form there is` : `one of ${values.join(", ")}`)({
        input,
      }) + (typeof input === "string" ? suggestion(input, values) : ""),
  });

const integer = (least: number, most: number, what = "a whole number") => {
  const error = expected(`${what} from ${least} to ${most}, without quotes or unit`);
  return z.number({ error }).int({ error }).min(least, { error }).max(most, { error });
};

const duration = (least: string, most: string, why: string) => {
  const from = parseDuration(least) ?? 0;
  const to = parseDuration(most) ?? Number.MAX_SAFE_INTEGER;
  return z
    .string({ error: expected("a number with its unit: 500ms, 3s, 10m, 1h or 2d") })
    .transform((written, context): number => {
      const ms = parseDuration(written);
      if (ms === undefined)
        context.addIssue(`is ${show(written)}; write a number with its unit: 500ms, 3s, 10m, 1h or 2d`);
      else if (ms < from || ms > to) context.addIssue(`is ${formatDuration(ms)}; write ${least} to ${most}: ${why}`);
      return ms ?? 0;
    });
};

const section = (example: string) => ({ error: expected(`its keys below it, such as ${example}`) });

const list = (example: string) => ({ error: expected(`a list, such as ${example}`) });

const ADDRESS = 'an IP address in quotes: "127.0.0.1", "::1"; for all of IPv4 "0.0.0.0", for all of IPv6 "::"';

const LISTENER = '{ address: "::", port: 995, tls: implicit }';

const address = text(ADDRESS)
  .transform((written) => (written.toLowerCase() === "localhost" ? "127.0.0.1" : written))
  .refine((written) => isIP(written) !== 0, { error: expected(ADDRESS) });

const listener = z.strictObject(
  {
    address,
    port: integer(0, 65_535),
    tls: oneOf(["none", "starttls", "implicit"]),
    proxy: yesNo().default(false),
  },
  {
    error: ({ input }: Issue) =>
      typeof input === "string"
        ? `is ${show(input)}; write ${LISTENER}, or, on the command line, [tls://|starttls://]127.0.0.1:995 or [::1]:995`
        : expected(LISTENER)({ input }),
  },
);

const NETWORK = 'the address of a proxy or its network in quotes: "127.0.0.1", "10.0.0.0/8", "2001:db8::/32"';

const proxy = z.strictObject(
  {
    from: z.array(text(NETWORK).refine(isNetwork, { error: expected(NETWORK) }), list('["10.0.0.0/8"]')).default([]),
  },
  section('from: ["10.0.0.0/8"]'),
);

const certificateName = z.strictObject(
  {
    name: text("the host name clients connect to, such as mail.example.org or *.example.org"),
    certificate: path("a certificate chain in PEM form"),
    key: path("its private key in PEM form"),
  },
  section("{ name: mail.example.org, certificate: …, key: … }"),
);

const tls = z.strictObject(
  {
    certificate: path("a certificate chain in PEM form"),
    key: path("its private key in PEM form"),
    names: z.array(certificateName, list("[{ name: mail.example.org, certificate: …, key: … }]")).default([]),
    minimum: oneOf(["TLSv1.2", "TLSv1.3"]).default("TLSv1.2"),
  },
  section("certificate: /etc/postigo/tls/fullchain.pem"),
);

const SEPARATOR = 'one of ! # $ & * + , - = ^ _ | ~ in quotes, such as "+"';

const spool = z.strictObject(
  {
    maildir: text("a path template such as /var/mail/vhosts/%{domain}/%{local}/Maildir").optional(),
    create: yesNo().default(false),
    folder_separator: z
      .string({ error: expected(SEPARATOR) })
      .regex(/^[!#$&*+,=^_|~-]$/, { error: expected(SEPARATOR) })
      .optional(),
    io: oneOf(["auto", "sync", "async"]).default("auto"),
  },
  section("maildir: /var/mail/vhosts/%{domain}/%{local}/Maildir"),
);

const INLINE_USER = 'must be a list of texts; write ["NAME:{SCHEME}hash"]';

const usersFile = z.strictObject({ type: z.literal("users-file"), path: path("a users file") });

/** Passwords may stand in these, and in what is written in their place by mistake: it is never shown. */
const inlineUsers = z.strictObject({
  type: z.literal("inline"),
  users: z.array(z.string({ error: INLINE_USER }).min(1, { error: INLINE_USER }), { error: INLINE_USER }),
});

const SOURCE = "{ type: users-file, path: /etc/postigo/users }";

const accounts = z.discriminatedUnion("type", [usersFile, inlineUsers], {
  error: ({ input }: Issue) =>
    `${isRecord(input) ? "has no type that is known" : "is no source of accounts"}; write ${SOURCE}`,
});

const auth = z.strictObject(
  {
    plaintext: oneOf(["tls", "loopback", "always"]).default("tls"),
    mechanisms: z
      .array(oneOf(["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"]), list("[PLAIN, SCRAM-SHA-256]"))
      .optional(),
    apop: yesNo().default(false),
  },
  section("plaintext: tls"),
);

const DELETED = "unlink, trash, or hold with a time, such as hold 30d";

const deleted = z.string({ error: expected(DELETED) }).transform((written, context): DeletedConfig => {
  const [type, time, ...rest] = written.split(" ");
  const ms = parseDuration(time ?? "");
  if (written === "unlink" || written === "trash") return { type: written };
  if (type === "hold" && rest.length === 0 && ms !== undefined && ms >= 1000) return { type, ms };
  context.addIssue(`is ${show(written)}; write ${DELETED}`);
  return { type: "unlink" };
});

const maildrop = z.strictObject(
  {
    retrieved: oneOf(["mark-seen", "leave"]).default("mark-seen"),
    deleted: deleted.default({ type: "unlink" }),
    trash_counts: yesNo().default(false),
    recent: duration("1h", "36500d", "younger messages only are shown").optional(),
    expire: duration("1d", "36500d", "RFC 2449 §6.7 counts in days").optional(),
  },
  section("retrieved: mark-seen"),
);

const lock = z.strictObject(
  {
    wait: duration("0s", "30s", "a login must be answered within 45 s").default(3000),
    stale: duration("5s", "1h", "the lock of a dead host is broken after it").default(60_000),
    directory: path("a directory that every gateway of this spool shares").optional(),
  },
  section("wait: 3s"),
);

const canary = z.strictObject(
  {
    enabled: yesNo().default(true),
    directory: path("a directory that outlives the process, not in the spool").optional(),
    least: integer(1, 1_000_000).default(20),
    missing: integer(1, 100, "a percentage").default(80),
  },
  section("enabled: true"),
);

const timeouts = z.strictObject(
  {
    login: duration("1s", "1h", "clients need some time to log in").default(180_000),
    // RFC 1939 §3: such a timer MUST be of at least 10 minutes' duration.
    autologout: duration("10m", "1d", "RFC 1939 §3 asks for at least 10 minutes").default(600_000),
    stalled: duration("1s", "1h", "a client that takes nothing for so long is cut off").default(120_000),
    drain: duration("0s", "1h", "sessions of a process that has handed over may go on for so long").default(60_000),
  },
  section("autologout: 10m"),
);

const limits = z.strictObject(
  {
    connections: integer(1, 1_000_000).default(10_000),
    per_address: integer(1, 1_000_000).default(100),
    per_account: integer(1, 1_000_000).default(10),
    failures_before_delay: integer(1, 1000).default(3),
  },
  section("connections: 10000"),
);

const log = z.strictObject(
  {
    level: oneOf(["error", "warn", "info", "debug"]).default("info"),
    format: oneOf(["text", "json"]).default("text"),
    file: path("the log file").optional(),
  },
  section("level: info"),
);

const metrics = z.strictObject(
  { address: address.default("127.0.0.1"), port: integer(0, 65_535).default(9110) },
  section("port: 9110"),
);

const control = z.strictObject(
  { socket: path("the socket for postigo who and postigo kick, such as /run/postigo/control.sock") },
  section("socket: /run/postigo/control.sock"),
);

/** A name, or a number as it stands in the password database. */
const principal = z
  .union([z.string().min(1), z.number().int().nonnegative()], { error: expected("a name or a number of the system") })
  .transform(String);

const WORKERS = "auto or a whole number";

const workers = z.union([z.literal("auto"), integer(1, 256, WORKERS)], { error: expected(`${WORKERS} from 1 to 256`) });

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const configSchema = z.strictObject(
  {
    listen: z
      .array(listener, list(`[${LISTENER}]`))
      .min(1, { error: "is empty; leave it out for the default, or name a listener" })
      .optional(),
    proxy: proxy.prefault({}),
    tls: tls.optional(),
    spool: spool.prefault({}),
    accounts: z.array(accounts, { error: `is no list of sources; write [${SOURCE}]` }).default([]),
    auth: auth.prefault({}),
    maildrop: maildrop.prefault({}),
    uidl: z.strictObject({ format: oneOf(["name"]).default("name") }, section("format: name")).prefault({}),
    lock: lock.prefault({}),
    canary: canary.prefault({}),
    timeouts: timeouts.prefault({}),
    limits: limits.prefault({}),
    user: principal.optional(),
    group: principal.optional(),
    workers: workers.default(1),
    log: log.prefault({}),
    metrics: metrics.optional(),
    control: control.optional(),
  },
  section("listen:, spool: and accounts:"),
);
