// Metrics as Prometheus sees them, and what is shipped to make sense of them.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { cleanUp } from "../support/clean-up.js";
import { until } from "../support/eventually.js";
import { killed } from "../support/foreign-daemon.js";
import { freePort } from "../support/free-port.js";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { RawClient } from "../support/raw-client.js";
import { needs, run } from "../support/real-client.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const DEPLOY = fileURLToPath(new URL("../../deploy/prometheus/", import.meta.url));

async function metered(t: TestContext, configuration: object = {}): Promise<{ gateway: GatewayProcess; port: number }> {
  const metrics = { port: 0 };
  const gateway = await GatewayProcess.start(t, { configuration: { metrics, ...configuration } });
  return { gateway, port: Number((await gateway.event("metrics-listening")).port) };
}

async function get(port: number, path: string, init: RequestInit = {}): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  return { status: response.status, text: await response.text() };
}

/** The value of one series as it is written; undefined when it is not there. */
const seriesIn = (text: string, series: string): number | undefined => {
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
};

/** One session that fetches and removes a message, one that is refused, one over TLS. */
async function useAll(gateway: GatewayProcess): Promise<void> {
  gateway.maildir().fillWithNumbered(3);
  const first = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  await first.retrieve(1);
  await first.ok("DELE 1");
  await first.quit();
  const second = await RawClient.connect(gateway.ports.starttls);
  await second.startTls({ rejectUnauthorized: false });
  await second.ok("USER alice");
  await second.err("PASS wrong");
  await second.ok("QUIT");
  await second.end();
  await gateway.eventsNamed("session-closed", 2);
}

for (const workers of [1, 2]) {
  test(`/metrics counts sessions, logins, commands, messages and handshakes over all processes (workers: ${workers})`, async (t) => {
    const { gateway, port } = await metered(t, { workers });
    await gateway.eventsNamed("gateway-started", workers);
    await useAll(gateway);
    const standing = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
    const { text } = await get(port, "/metrics");
    const expected: Readonly<Record<string, number>> = {
      postigo_processes: workers,
      'postigo_sessions{state="TRANSACTION"}': 1,
      postigo_sessions_opened_total: 3,
      'postigo_sessions_ended_total{reason="quit"}': 2,
      'postigo_logins_total{mechanism="USER",outcome="accepted"}': 2,
      'postigo_logins_total{mechanism="USER",outcome="rejected"}': 1,
      'postigo_command_duration_seconds_count{command="RETR"}': 1,
      'postigo_command_duration_seconds_count{command="QUIT"}': 2,
      'postigo_command_duration_seconds_bucket{command="PASS",le="+Inf"}': 3,
      'postigo_lock_wait_seconds_count{outcome="held"}': 2,
      postigo_maildrop_open_seconds_count: 2,
      postigo_messages_retrieved_total: 1,
      postigo_messages_removed_total: 1,
      'postigo_tls_handshakes_total{version="TLSv1.3"}': 1,
    };
    for (const [series, value] of Object.entries(expected)) assert.equal(seriesIn(text, series), value, series);
    assert.ok((seriesIn(text, 'postigo_octets_total{direction="out"}') ?? 0) > 100);
    const expiry = seriesIn(
      text,
      `postigo_certificate_expiry_timestamp_seconds{file="${gateway.certificate.certificate}"}`,
    );
    assert.ok((expiry ?? 0) * 1000 > Date.now(), "the certificate ends in the future");
    assert.doesNotMatch(text, /alice/, "no name of a user is a label");
    await standing.quit();
    await gateway.stop();
  });
}

test("/healthz and /readyz tell a server that serves; other paths and methods are refused", async (t) => {
  const { gateway, port } = await metered(t);
  assert.deepEqual(await get(port, "/healthz"), { status: 200, text: "ok\n" });
  assert.deepEqual(await get(port, "/readyz"), { status: 200, text: "ready\n" });
  assert.equal((await get(port, "/")).status, 404);
  assert.equal((await get(port, "/metrics", { method: "POST", body: "x" })).status, 405);
  await gateway.stop();
});

test("/readyz says that the server drains while a session holds it up, and /healthz that it lives", async (t) => {
  const { gateway, port } = await metered(t);
  // A client that keeps its side open is waited for.
  const client = connect({ port: gateway.ports.none, host: "127.0.0.1", allowHalfOpen: true });
  cleanUp(t, () => void client.destroy());
  await once(client, "data");
  gateway.signal("SIGTERM");
  await gateway.event("gateway-stopping");
  assert.deepEqual(await get(port, "/readyz"), { status: 503, text: "draining\n" });
  assert.equal((await get(port, "/healthz")).status, 200);
  client.destroy();
  assert.equal(await gateway.ended(), 0);
});

test("no counter goes down when a worker hangs or is killed, and /readyz stays ready", async (t) => {
  const { gateway, port } = await metered(t, { workers: 2 });
  const [started] = await gateway.eventsNamed("gateway-started", 2);
  const pid = Number(started?.["pid"]);
  await useAll(gateway);
  const count = async (name: string) => seriesIn((await get(port, "/metrics")).text, name);
  const opened = await count("postigo_sessions_opened_total");
  assert.ok(opened !== undefined && opened > 0);
  process.kill(pid, "SIGSTOP");
  assert.equal(await count("postigo_sessions_opened_total"), opened);
  assert.equal(await count("postigo_processes"), 1);
  process.kill(pid, "SIGKILL");
  await gateway.event("worker-died");
  assert.equal((await get(port, "/readyz")).status, 200);
  assert.equal(await count("postigo_sessions_opened_total"), opened);
  await until("both answer again", async () => (await count("postigo_processes")) === 2);
  assert.equal(await count("postigo_sessions_opened_total"), opened);
  await gateway.stop();
});

test("every metric that the dashboard and the alerts name is one that the server has", async (t) => {
  const { gateway, port } = await metered(t);
  await useAll(gateway);
  const { text } = await get(port, "/metrics");
  const named = ["grafana-dashboard.json", "postigo.rules.yml"].flatMap((file) => expressionsIn(join(DEPLOY, file)));
  const metrics = new Set(named.flatMap((expression) => expression.match(/\b(postigo|process)_\w+/g) ?? []));
  assert.ok(metrics.size >= 15, `found ${metrics.size}`);
  for (const metric of metrics) {
    const family = metric.replace(/_(bucket|sum|count)$/, "");
    assert.match(text, new RegExp(`^# TYPE (${metric}|${family}) `, "m"), metric);
  }
});

/** The PromQL in a dashboard or a file of rules. */
const expressionsIn = (file: string): string[] =>
  [...readFileSync(file, "utf8").matchAll(/^\s*"?expr"?: (.*)$/gm)].map(([, expression = ""]) => expression);

test("promtool: the configuration and the alerts are well formed", needs("promtool", "prometheus"), async () => {
  for (const words of [
    ["check", "config", join(DEPLOY, "prometheus.yml")],
    ["check", "rules", join(DEPLOY, "postigo.rules.yml")],
  ]) {
    const { status, stdout, stderr } = await run("promtool", words);
    assert.equal(status, 0, `${stdout}${stderr}`);
  }
});

test("promtool: each alert fires when it should, and not before", needs("promtool", "prometheus"), async () => {
  const { status, stdout, stderr } = await run("promtool", ["test", "rules", join(DEPLOY, "postigo.rules.test.yml")]);
  assert.equal(status, 0, `${stdout}${stderr}`);
});

test("promtool: /metrics is well formed", needs("promtool", "prometheus"), async (t) => {
  const { gateway, port } = await metered(t);
  await useAll(gateway);
  const { text } = await get(port, "/metrics");
  const { status, stdout, stderr } = await run("promtool", ["check", "metrics"], { input: text });
  assert.equal(status, 0, `${stdout}${stderr}`);
});

test("a real Prometheus scrapes it, and a query returns what was done", needs("prometheus"), async (t) => {
  const { gateway, port } = await metered(t, { workers: 2 });
  await gateway.eventsNamed("gateway-started", 2);
  await useAll(gateway);
  const prometheus = await startPrometheus(t, port);
  assert.equal(await prometheus.query("postigo_messages_retrieved_total"), 1);
  assert.equal(await prometheus.query('sum(postigo_logins_total{outcome="rejected"})'), 1);
  assert.equal(await prometheus.query("postigo_processes"), 2);
});

/** A private one, on loopback, that has scraped Postigo once. */
async function startPrometheus(t: TestContext, target: number): Promise<{ query(promql: string): Promise<number> }> {
  const directory = temporaryDirectory(t);
  const shipped = readFileSync(join(DEPLOY, "prometheus.yml"), "utf8");
  const configuration = shipped.replace("127.0.0.1:9110", `127.0.0.1:${target}`).replaceAll("15s", "1s");
  writeFileSync(join(directory, "prometheus.yml"), configuration);
  writeFileSync(join(directory, "postigo.rules.yml"), readFileSync(join(DEPLOY, "postigo.rules.yml")));
  const port = await freePort();
  const child = spawn(
    "prometheus",
    [
      `--config.file=${join(directory, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(directory, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: "ignore" },
  );
  cleanUp(t, () => killed(child));
  const query = async (promql: string): Promise<number> => {
    const { text } = await get(port, `/api/v1/query?query=${encodeURIComponent(promql)}`);
    return Number(JSON.parse(text).data.result[0]?.value[1]);
  };
  await until(
    "a scrape",
    () =>
      query('up{job="postigo"}')
        .then((up) => up === 1)
        .catch(() => false),
    60_000,
  );
  return { query };
}
