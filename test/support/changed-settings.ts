// A row for each key of the configuration that a reload takes over: the change, and how the next session shows it.

import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { makeCertificate } from "./certificate.js";
import { until } from "./eventually.js";
import { type GatewayProcess, PASSWORD } from "./gateway-process.js";
import { MaildirFixture } from "./maildir-fixture.js";
import { usageIn } from "./maildirsize.js";
import { type ClientOptions, RawClient } from "./raw-client.js";

type Settings = Readonly<Record<string, unknown>>;

export interface Scene {
  readonly gateway: GatewayProcess;
  /** A port that is free until somebody listens there. */
  readonly port: number;
  /** Carol, whose maildrop has 20 messages and whom nobody else needs. */
  readonly carol: MaildirFixture;
}

export interface ChangedSetting {
  /** As docs/configuration.md names them. */
  readonly keys: readonly string[];
  readonly before?: (port: number) => Settings;
  readonly after: (scene: Scene) => Settings;
  readonly prepare?: (scene: Scene) => Promise<void>;
  /** Asked before the change too, when it must be false, unless that would take minutes. */
  readonly holds: (scene: Scene) => Promise<boolean>;
  readonly isSlowBefore?: true;
}

const LISTEN = ["none", "starttls", "implicit"].map((tls) => ({ address: "127.0.0.1", port: 0, tls }));

const withListener =
  (more: Settings, others: Settings = {}) =>
  (port: number): Settings => ({
    listen: [...LISTEN, { address: "127.0.0.1", port, tls: "none", ...more }],
    ...others,
  });

export const CHANGED_SETTINGS: readonly ChangedSetting[] = [
  {
    keys: ["listen", "listen[].address", "listen[].port"],
    after: ({ port }) => ({ listen: [...LISTEN.slice(1), { address: "127.0.0.2", port, tls: "none" }] }),
    holds: ({ port }) => greets(port, { host: "127.0.0.2" }),
  },
  {
    keys: ["listen[].tls"],
    before: withListener({ tls: "none" }),
    after: ({ port }) => withListener({ tls: "starttls" })(port),
    holds: async ({ port }) => (await capabilities(port)).includes("STLS"),
  },
  {
    keys: ["listen[].proxy"],
    before: withListener({ proxy: false }, { proxy: { from: ["127.0.0.1"] } }),
    after: ({ port }) => withListener({ proxy: true }, { proxy: { from: ["127.0.0.1"] } })(port),
    holds: ({ port }) => takesProxyHeader(port),
  },
  {
    keys: ["proxy.from"],
    before: withListener({ proxy: true }, { proxy: { from: ["192.0.2.1"] } }),
    after: ({ port }) => withListener({ proxy: true }, { proxy: { from: ["127.0.0.0/8"] } })(port),
    holds: ({ port }) => takesProxyHeader(port),
  },
  {
    keys: ["tls.certificate", "tls.key"],
    after: ({ gateway }) => ({ tls: otherCertificate(gateway) }),
    holds: async ({ gateway }) => (await namesServed(gateway)).includes(OTHER),
  },
  {
    keys: ["tls.names"],
    after: ({ gateway }) => ({
      tls: { ...gateway.certificate, names: [{ name: OTHER, ...otherCertificate(gateway) }] },
    }),
    holds: async ({ gateway }) => (await namesServed(gateway, OTHER)).includes(OTHER),
  },
  {
    keys: ["tls.minimum"],
    after: ({ gateway }) => ({ tls: { ...gateway.certificate, minimum: "TLSv1.3" } }),
    holds: async ({ gateway }) =>
      !(await greets(gateway.ports.implicit, { tls: { rejectUnauthorized: false, maxVersion: "TLSv1.2" } })),
  },
  {
    keys: ["spool.maildir"],
    after: ({ gateway }) => ({ spool: { maildir: `${gateway.spool}/moved/%{user}`, create: true } }),
    prepare: async ({ gateway }) => void mkdirSync(join(gateway.spool, "moved", "carol", "new"), { recursive: true }),
    holds: async ({ gateway }) => (await count(gateway, "carol")) === 0,
  },
  {
    keys: ["spool.create"],
    after: ({ gateway }) => ({ spool: { maildir: `${gateway.spool}/%{user}`, create: true } }),
    holds: async ({ gateway }) => {
      await visit(gateway, "dave", async () => undefined);
      return existsSync(join(gateway.spool, "dave", "new"));
    },
  },
  {
    keys: ["spool.folder_separator"],
    after: ({ gateway }) => ({ spool: { maildir: `${gateway.spool}/%{user}`, folder_separator: "+" } }),
    prepare: async ({ carol }) => void new MaildirFixture(join(carol.path, ".Work")).fillWithNumbered(3),
    holds: async ({ gateway }) => (await count(gateway, "carol+Work")) === 3,
  },
  {
    keys: ["accounts"],
    after: () => ({ accounts: [{ type: "inline", users: [`erin:{PLAIN}${PASSWORD}`] }] }),
    holds: ({ gateway }) => visit(gateway, "erin", async () => undefined),
  },
  {
    keys: ["auth.plaintext"],
    after: () => ({ auth: { plaintext: "tls" } }),
    holds: async ({ gateway }) => !(await visit(gateway, "carol", async () => undefined)),
  },
  {
    keys: ["auth.mechanisms"],
    after: () => ({ auth: { plaintext: "loopback", mechanisms: ["PLAIN"] } }),
    holds: async ({ gateway }) => (await capabilities(gateway.ports.none)).includes("SASL PLAIN"),
  },
  {
    keys: ["auth.apop"],
    after: () => ({ auth: { plaintext: "loopback", apop: true } }),
    holds: async ({ gateway }) => /<[^<>]+@[^<>]+>/.test(await greeting(gateway.ports.none)),
  },
  {
    keys: ["maildrop.retrieved"],
    after: () => ({ maildrop: { retrieved: "leave" } }),
    holds: async ({ gateway, carol }) => {
      const fresh = carol.files().find((file) => file.startsWith("new/")) ?? "";
      await visit(gateway, "carol", async (client) => {
        const messages = await client.lines("LIST");
        for (const [at] of messages.entries()) await client.retrieve(at + 1);
      });
      carol.add({ what: "fresh", octets: Buffer.from("Subject: fresh\n\n") });
      return carol.has(fresh);
    },
  },
  {
    keys: ["maildrop.deleted"],
    after: () => ({ maildrop: { deleted: "trash" } }),
    holds: async ({ gateway, carol }) => {
      await visit(gateway, "carol", async (client) => void (await client.ok("DELE 1")));
      return existsSync(join(carol.path, ".Trash", "cur"));
    },
  },
  {
    keys: ["maildrop.trash_counts"],
    before: () => ({ maildrop: { deleted: "trash" } }),
    after: () => ({ maildrop: { deleted: "trash", trash_counts: true } }),
    prepare: async ({ carol }) => writeFileSync(join(carol.path, "maildirsize"), "900000S\n90000 500\n"),
    holds: async ({ gateway, carol }) => {
      const { messages } = usageIn(carol.path);
      await visit(gateway, "carol", async (client) => void (await client.ok("DELE 1")));
      return usageIn(carol.path).messages === messages;
    },
  },
  {
    keys: ["maildrop.recent"],
    after: () => ({ maildrop: { recent: "30d" } }),
    holds: ({ gateway }) => visit(gateway, "recent:carol", async () => undefined),
  },
  {
    keys: ["maildrop.expire"],
    after: () => ({ maildrop: { expire: "36500d" } }),
    holds: async ({ gateway }) => (await capabilities(gateway.ports.none)).includes("EXPIRE 36500"),
  },
  ...Object.entries({ enabled: false, least: 1000, missing: 100 }).map(
    ([key, value]): ChangedSetting => ({
      keys: [`canary.${key}`],
      before: () => ({ canary: GUARD }),
      after: () => ({ canary: { ...GUARD, [key]: value } }),
      prepare: exchangeMaildrop,
      holds: ({ gateway }) => visit(gateway, "carol", async () => undefined),
    }),
  ),
  {
    keys: ["timeouts.login"],
    after: () => ({ timeouts: { login: "1s" } }),
    isSlowBefore: true,
    holds: async ({ gateway }) => {
      const client = await RawClient.connect(gateway.ports.none);
      await client.end();
      return (await gateway.event("session-closed", ({ reason }) => reason === "autologout")).user === undefined;
    },
  },
  {
    keys: ["timeouts.stalled"],
    after: () => ({ timeouts: { stalled: "1s" } }),
    isSlowBefore: true,
    holds: async ({ gateway, carol }) => {
      carol.add({ what: "large", name: "1000000000.M1P1.large", octets: Buffer.alloc(64 << 20, "a line\n") });
      const client = await RawClient.login(gateway.ports.none, "carol", PASSWORD);
      client.socket.pause();
      await client.write("RETR 1\r\n");
      const stalled = await gateway.event("connection-stalled");
      client.destroy();
      return stalled.user === "carol";
    },
  },
  ...["connections", "per_address"].map(
    (key): ChangedSetting => ({
      keys: [`limits.${key}`],
      after: () => ({ limits: { [key]: 2 } }),
      holds: async ({ gateway }) => !(await greets(gateway.ports.none)),
    }),
  ),
  {
    keys: ["limits.per_account"],
    before: () => ({ lock: { wait: "0s" } }),
    after: () => ({ lock: { wait: "0s" }, limits: { per_account: 1 } }),
    holds: async ({ gateway }) => {
      const from = gateway.events.length;
      await visit(gateway, "alice", async () => undefined);
      return /sessions/.test(String((await gateway.event("maildrop-refused", undefined, from))["why"]));
    },
  },
];

const OTHER = "other.example.test";

const GUARD = { directory: "canary", least: 1, missing: 80 };

const otherCertificate = ({ directory }: GatewayProcess) => makeCertificate(join(directory, "other"), OTHER);

/** Another directory in its place, which has one of its twenty messages. */
async function exchangeMaildrop({ gateway, carol }: Scene): Promise<void> {
  const records = join(gateway.directory, "canary");
  await visit(gateway, "carol", async () => undefined);
  await until("a record", () => existsSync(records) && readdirSync(records).some((name) => /^\w{40}$/.test(name)));
  renameSync(carol.path, `${carol.path}.gone`);
  const [kept = ""] = new MaildirFixture(`${carol.path}.gone`).files();
  new MaildirFixture(carol.path);
  renameSync(join(`${carol.path}.gone`, kept), join(carol.path, kept));
}

/** A session from login to QUIT; false: the login was refused. */
async function visit(
  gateway: GatewayProcess,
  user: string,
  what: (client: RawClient) => Promise<void>,
): Promise<boolean> {
  const client = await RawClient.connect(gateway.ports.none);
  const isIn = (await client.command(`USER ${user}`)).ok && (await client.command(`PASS ${PASSWORD}`)).ok;
  if (isIn) await what(client);
  await client.quit();
  return isIn;
}

async function count(gateway: GatewayProcess, user: string): Promise<number> {
  let messages = -1;
  await visit(gateway, user, async (client) => {
    messages = (await client.lines("LIST")).length;
  });
  return messages;
}

async function greeting(port: number, options: ClientOptions = {}): Promise<string> {
  try {
    const client = await RawClient.connectSilently(port, options);
    const line = await client.line();
    client.destroy();
    return line.toString("latin1");
  } catch {
    return "";
  }
}

const greets = async (port: number, options: ClientOptions = {}): Promise<boolean> =>
  (await greeting(port, options)).startsWith("+OK");

async function capabilities(port: number): Promise<readonly string[]> {
  const client = await RawClient.connect(port);
  const lines = await client.lines("CAPA");
  await client.quit();
  return lines;
}

/** Without the header it would be a command that does not exist, or the end. */
async function takesProxyHeader(port: number): Promise<boolean> {
  const client = await RawClient.connectSilently(port);
  await client.write("PROXY TCP4 192.0.2.7 192.0.2.1 4711 110\r\nQUIT\r\n");
  const said = (await client.rest()).toString("latin1");
  client.destroy();
  return /^\+OK [^\n]+\n\+OK [^\n]+\n$/.test(said);
}

async function namesServed(gateway: GatewayProcess, servername = "localhost"): Promise<string> {
  const client = await RawClient.connect(gateway.ports.implicit, { tls: { rejectUnauthorized: false, servername } });
  const { subjectaltname = "" } = (client.socket as TLSSocket).getPeerCertificate();
  await client.quit();
  return subjectaltname;
}
