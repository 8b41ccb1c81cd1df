import assert from "node:assert/strict";
import { test } from "node:test";
import { completeConfig, loadConfig } from "#server/config/load-config";
import { formatProblem } from "#server/config/problem";
import { minimal, problemsOf, valid } from "./support.js";

test("DESIGN §8: what is left out has its default", () => {
  const config = valid(minimal(""));
  assert.deepEqual(config, {
    listen: [
      { address: "127.0.0.1", port: 110, tls: "starttls", proxy: false },
      { address: "127.0.0.1", port: 995, tls: "implicit", proxy: false },
    ],
    proxy: { from: [] },
    tls: { certificate: "/etc/postigo/tls/chain.pem", key: "/etc/postigo/tls/key.pem", names: [], minimum: "TLSv1.2" },
    spool: { maildir: "/var/mail/%{domain}/%{local}", create: false, folderSeparator: undefined, io: "auto" },
    accounts: [{ type: "users-file", path: "/etc/postigo/users" }],
    auth: { plaintext: "tls", mechanisms: undefined, apop: false },
    maildrop: {
      retrieved: "mark-seen",
      deleted: { type: "unlink" },
      trashCounts: false,
      expireMs: undefined,
      recentMs: undefined,
    },
    uidl: { format: "name" },
    lock: { waitMs: 3000, staleMs: 60_000, directory: undefined },
    canary: { enabled: true, directory: undefined, least: 20, missing: 80 },
    timeouts: { loginMs: 180_000, autologoutMs: 600_000, stalledMs: 120_000, drainMs: 60_000 },
    limits: { connections: 10_000, perAddress: 100, perAccount: 10, failuresBeforeDelay: 3 },
    user: undefined,
    group: undefined,
    workers: 1,
    log: { level: "info", format: "text", file: undefined },
    metrics: undefined,
    control: undefined,
  });
});

test("every key of the file arrives", () => {
  const config = valid(`
listen:
  - { address: "::", port: 110, tls: starttls, proxy: true }
  - { address: localhost, port: 0, tls: none }
proxy: { from: ["10.0.0.0/8", "::1"] }
tls:
  certificate: c.pem
  key: /k.pem
  names: [{ name: mail.example.org, certificate: n.pem, key: nk.pem }]
  minimum: TLSv1.3
spool: { maildir: "mail/%d/%n", create: true, folder_separator: "+", io: sync }
accounts: [{ type: users-file, path: ../users }, { type: inline, users: ["a:b"] }]
auth: { plaintext: loopback, mechanisms: [PLAIN, SCRAM-SHA-256], apop: true }
maildrop: { retrieved: leave, deleted: hold 30d, trash_counts: true, expire: 365d, recent: 30d }
uidl: { format: name }
lock: { wait: 500ms, stale: 2m, directory: locks }
canary: { enabled: false, directory: state, least: 1, missing: 100 }
timeouts: { login: 1m, autologout: 1h, stalled: 30s, drain: 5m }
limits: { connections: 1, per_address: 2, per_account: 3, failures_before_delay: 4 }
user: vmail
group: 5000
workers: auto
log: { level: debug, format: json, file: log/postigo.log }
metrics: { address: "::1", port: 9111 }
control: { socket: run/control.sock }
`);
  assert.deepEqual(config, {
    listen: [
      { address: "::", port: 110, tls: "starttls", proxy: true },
      { address: "127.0.0.1", port: 0, tls: "none", proxy: false },
    ],
    proxy: { from: ["10.0.0.0/8", "::1"] },
    tls: {
      certificate: "/etc/postigo/c.pem",
      key: "/k.pem",
      names: [{ name: "mail.example.org", certificate: "/etc/postigo/n.pem", key: "/etc/postigo/nk.pem" }],
      minimum: "TLSv1.3",
    },
    spool: { maildir: "/etc/postigo/mail/%d/%n", create: true, folderSeparator: "+", io: "sync" },
    accounts: [
      { type: "users-file", path: "/etc/users" },
      { type: "inline", users: ["a:b"] },
    ],
    auth: { plaintext: "loopback", mechanisms: ["PLAIN", "SCRAM-SHA-256"], apop: true },
    maildrop: {
      retrieved: "leave",
      deleted: { type: "hold", ms: 30 * 86_400_000 },
      trashCounts: true,
      expireMs: 365 * 86_400_000,
      recentMs: 30 * 86_400_000,
    },
    uidl: { format: "name" },
    lock: { waitMs: 500, staleMs: 120_000, directory: "/etc/postigo/locks" },
    canary: { enabled: false, directory: "/etc/postigo/state", least: 1, missing: 100 },
    timeouts: { loginMs: 60_000, autologoutMs: 3_600_000, stalledMs: 30_000, drainMs: 300_000 },
    limits: { connections: 1, perAddress: 2, perAccount: 3, failuresBeforeDelay: 4 },
    user: "vmail",
    group: "5000",
    workers: "auto",
    log: { level: "debug", format: "json", file: "/etc/postigo/log/postigo.log" },
    metrics: { address: "::1", port: 9111 },
    control: { socket: "/etc/postigo/run/control.sock" },
  });
});

test("a key without a value, or with null, counts as left out", () => {
  assert.deepEqual(
    valid(minimal("limits:\nuser: null\nlog: { file: ~ }\ntimeouts:\n  # login: 3m\n")),
    valid(minimal("")),
  );
});

test("one key of the metrics is enough: the other has its default", () => {
  assert.deepEqual(valid(minimal("metrics: { port: 9111 }")).metrics, { address: "127.0.0.1", port: 9111 });
  assert.deepEqual(valid(minimal('metrics: { address: "127.0.0.2" }')).metrics, { address: "127.0.0.2", port: 9110 });
});

test("an alias stands for its anchor", () => {
  const config = valid(minimal("timeouts: { login: &long 1h, stalled: *long }"));
  assert.equal(config.timeouts.stalledMs, 3_600_000);
});

test("a byte order mark and CRLF line ends are let pass", () => {
  assert.deepEqual(valid(`\ufeff${minimal("").replaceAll("\n", "\r\n")}`), valid(minimal("")));
});

test("all problems are told at once, in the order of the file", () => {
  const problems = problemsOf(minimal("workers: 0\nlimits: { connections: -1, foo: 1 }\nlog: { level: loud }"));
  assert.deepEqual(
    problems.map((problem) => problem.split(": ")[0]),
    ["postigo.yaml:4:10", "postigo.yaml:5:24", "postigo.yaml:5:28", "postigo.yaml:6:15"],
  );
});

test("flags go before variables, variables before the file, the file before the default", () => {
  const text = minimal("timeouts: { login: 10s, autologout: 20m, stalled: 30s }");
  const loaded = loadConfig({
    file: "/etc/postigo/postigo.yaml",
    text,
    env: { POSTIGO_TIMEOUTS_AUTOLOGOUT: "40m", POSTIGO_TIMEOUTS_STALLED: "40s", POSTIGO_LOG_LEVEL: "debug" },
    flags: { "timeouts.stalled": ["50s"] },
  });
  assert.ok(loaded.ok);
  assert.deepEqual(loaded.config.timeouts, {
    loginMs: 10_000,
    autologoutMs: 2_400_000,
    stalledMs: 50_000,
    drainMs: 60_000,
  });
  assert.equal(loaded.config.log.level, "debug");
  assert.deepEqual(loaded.warnings, []);
});

test("the place of a key is its line and column, its flag or variable, or what is nearest to it", () => {
  const text = minimal("lock:\n  wait: 1s\n");
  const loaded = loadConfig({ file: "/etc/postigo/postigo.yaml", text, env: { POSTIGO_WORKERS: "2" } });
  assert.ok(loaded.ok);
  const line = text.split("\n").indexOf("lock:") + 1;
  assert.equal(loaded.placeOf("lock.wait"), `/etc/postigo/postigo.yaml:${line + 1}:3`);
  assert.equal(loaded.placeOf("lock.stale"), `/etc/postigo/postigo.yaml:${line + 1}:3`, "its section begins there");
  assert.equal(loaded.placeOf("log.file"), "/etc/postigo/postigo.yaml:1:1");
  assert.equal(loaded.placeOf("workers"), "POSTIGO_WORKERS");
});

test("a file that is not there, or may not be read, is told apart from a wrong one", () => {
  const missing = loadConfig({ file: "/nonexistent/postigo.yaml" });
  assert.ok(!missing.ok && missing.cause === "missing");
  const directory = loadConfig({ file: "/" });
  assert.ok(!directory.ok && directory.cause === "unreadable");
});

test("a program that embeds the gateway gets every problem in one error", () => {
  assert.throws(
    () => completeConfig({ workers: 0, timeouts: { login: "soon" } }),
    (error: unknown) =>
      error instanceof Error &&
      "code" in error &&
      error.code === "INVALID_CONFIGURATION" &&
      /^workers: is 0;.*$/m.test(error.message) &&
      /^timeouts\.login: is "soon";.*$/m.test(error.message),
  );
});

test("a program that brings its own accounts and maildrops needs no keys for them", () => {
  const listen = [{ address: "127.0.0.1", port: 0, tls: "none", proxy: false }] as const;
  const config = completeConfig({ listen: [...listen] }, { accounts: false, maildirs: false });
  assert.deepEqual(config.listen, listen);
  assert.throws(() => completeConfig({ listen: [...listen] }), /spool\.maildir[\s\S]*accounts/);
});

test("a finished configuration is complete already", () => {
  const config = valid(minimal(""));
  assert.equal(completeConfig(config), config);
});

test("a problem without a place or a key is printed without colons for them", () => {
  assert.equal(formatProblem({ where: "", key: "", message: "is wrong" }), "is wrong");
  assert.equal(formatProblem({ where: "a:1:2", key: "k", message: "is wrong" }), "a:1:2: k: is wrong");
});
