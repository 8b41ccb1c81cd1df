import assert from "node:assert/strict";
import { test } from "node:test";
import { CONFIG_KEYS } from "#server/config/keys";
import { loadConfig } from "#server/config/load-config";
import type { Flags } from "#server/config/overlay";
import { formatProblem } from "#server/config/problem";
import { configSchema } from "#server/config/schema";

const load = (flags: Flags, env: Record<string, string> = {}) =>
  loadConfig({
    flags: { maildir: ["%u"], user: ["ana:x"], ...flags },
    env,
    folder: "/home/ana",
    defaults: { listen: LISTEN },
  });
const LISTEN = [{ address: "127.0.0.1", port: 1110, tls: "none" as const, proxy: false }];

const valid = (flags: Flags, env?: Record<string, string>) => {
  const loaded = load(flags, env);
  assert.ok(loaded.ok, loaded.ok ? "" : loaded.problems.map(formatProblem).join("\n"));
  return loaded.config;
};

const problems = (flags: Flags, env?: Record<string, string>) => {
  const loaded = load(flags, env);
  assert.ok(!loaded.ok, "accepted");
  return loaded.problems.map(formatProblem);
};

test("relative paths of flags start at the working directory", () => {
  const config = valid({ certificate: ["c.pem"], key: ["tls/k.pem"], "log.file": ["../log"] });
  assert.equal(config.spool.maildir, "/home/ana/%u");
  assert.equal(config.tls?.certificate, "/home/ana/c.pem");
  assert.equal(config.log.file, "/home/log");
});

test("--listen and --user may be repeated; --accounts adds to --user", () => {
  const config = valid({ listen: ["127.0.0.1:1", "none://[::1]:2"], user: ["ana:x", "bob:y:z"], accounts: ["users"] });
  assert.deepEqual(config.listen, [
    { address: "127.0.0.1", port: 1, tls: "none", proxy: false },
    { address: "::1", port: 2, tls: "none", proxy: false },
  ]);
  assert.deepEqual(config.accounts, [
    { type: "inline", users: ["ana:x", "bob:y:z"] },
    { type: "users-file", path: "/home/ana/users" },
  ]);
});

test("a listener without a scheme speaks STLS once there is a certificate", () => {
  const config = valid({ listen: ["127.0.0.1:1"], certificate: ["c"], key: ["k"] });
  assert.equal(config.listen[0]?.tls, "starttls");
});

test("variables hold lists with commas, numbers and truth values as texts", () => {
  const config = valid(
    {},
    {
      POSTIGO_LISTEN: "127.0.0.1:1, none://[::1]:2",
      POSTIGO_AUTH_MECHANISMS: "PLAIN, SCRAM-SHA-256",
      POSTIGO_LIMITS_CONNECTIONS: "7",
      POSTIGO_SPOOL_CREATE: "true",
      POSTIGO_AUTH_APOP: "false",
      POSTIGO_WORKERS: "auto",
      POSTIGO_RUN_AS_USER: "vmail",
    },
  );
  assert.equal(config.listen.length, 2);
  assert.deepEqual(config.auth, { plaintext: "tls", mechanisms: ["PLAIN", "SCRAM-SHA-256"], apop: false });
  assert.equal(config.limits.connections, 7);
  assert.equal(config.spool.create, true);
  assert.equal(config.workers, "auto");
  assert.equal(config.user, "vmail");
});

test("an empty variable counts as unset, a flag for a truth value needs none", () => {
  assert.equal(valid({}, { POSTIGO_WORKERS: "" }).workers, 1);
  assert.equal(valid({ "spool.create": [""] }).spool.create, true);
});

const BAD: readonly { readonly flags?: Flags; readonly env?: Record<string, string>; readonly says: string }[] = [
  { flags: { listen: ["1110"] }, says: '--listen: listen.0: is "1110"; write' },
  { flags: { listen: ["127.0.0.1:99999"] }, says: "--listen: listen.0.port: is 99999; write" },
  {
    flags: { listen: ["tls://127.0.0.1:995"] },
    says: "--listen: listen.0.tls: 127.0.0.1:995 is to speak TLS (implicit) without a certificate",
  },
  {
    flags: { "timeouts.autologout": ["5m"] },
    says: "--timeouts.autologout: timeouts.autologout: is 5m; write 10m to 1d",
  },
  { flags: { workers: ["1", "2"] }, says: '--workers: workers: is ["1","2"]; write' },
  {
    flags: { "limits.connections": ["1e3"] },
    says: '--limits.connections: limits.connections: is "1e3"; write a whole number',
  },
  { env: { POSTIGO_LOG_LEVEL: "loud" }, says: 'POSTIGO_LOG_LEVEL: log.level: is "loud"; write one of' },
  { env: { POSTIGO_SPOOL_CREATE: "yes" }, says: 'POSTIGO_SPOOL_CREATE: spool.create: is "yes"; write true or false' },
];

for (const { flags = {}, env = {}, says } of BAD) {
  test(`the flag or variable is named: ${says}`, () => {
    const [problem = ""] = problems(flags, env);
    assert.ok(problem.startsWith(says), problem);
  });
}

test("a variable that begins like ours and is none is a warning; service links of Kubernetes are not", () => {
  const loaded = load(
    {},
    { POSTIGO_TIMEOUT_LOGIN: "3m", POSTIGO_SERVICE_HOST: "10.0.0.1", POSTIGO_PORT_110_TCP: "x", HOME: "/" },
  );
  assert.ok(loaded.ok);
  assert.deepEqual(loaded.warnings.map(formatProblem), [
    "POSTIGO_TIMEOUT_LOGIN: means nothing here and is ignored; did you mean POSTIGO_TIMEOUTS_LOGIN?",
  ]);
});

test("every key of the schema has a flag, but the structured ones", () => {
  const flags = new Set(CONFIG_KEYS.map(({ key }) => key));
  const missing = leavesOf(configSchema).filter((key) => !flags.has(key));
  assert.deepEqual(missing, ["tls.names"]);
  assert.deepEqual(
    [...flags].filter((key) => !leavesOf(configSchema).includes(key)),
    [],
  );
});

test("no two keys share a flag or a variable", () => {
  for (const names of [CONFIG_KEYS.map(({ flag }) => flag), CONFIG_KEYS.flatMap(({ variable }) => variable ?? [])]) {
    assert.equal(new Set(names).size, names.length);
  }
});

test("no password comes from a variable", () => {
  assert.ok(CONFIG_KEYS.every(({ kind, variable }) => kind !== "users" || variable === undefined));
});

/** Dotted names of everything below sections. */
const leavesOf = (schema: unknown, prefix = ""): readonly string[] => {
  const inner = unwrapped(schema);
  if (!("shape" in inner)) return [prefix.slice(1)];
  return Object.entries(inner.shape as object).flatMap(([name, below]) => leavesOf(below, `${prefix}.${name}`));
};

const unwrapped = (schema: unknown): object => {
  const { def } = schema as { def: { innerType?: unknown } };
  return def.innerType === undefined ? (schema as object) : unwrapped(def.innerType);
};
