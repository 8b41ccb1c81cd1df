// One whole run: the servers are started, the rows measured, everything ended and removed again.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildLoadGenerator } from "./load/load-generator.mjs";
import { measureDeleting } from "./measure/deleting.mjs";
import { letGo } from "./measure/held.mjs";
import { measureBig, measureIdle } from "./measure/memory.mjs";
import { measureOpening } from "./measure/opening.mjs";
import { measureRate } from "./measure/rate.mjs";
import { createCourier } from "./peers/courier.mjs";
import { createDovecot } from "./peers/dovecot.mjs";
import { createPostigo } from "./peers/postigo.mjs";
import { profilingFlags } from "./profile.mjs";
import { report, shown } from "./report.mjs";
import { chosenRows } from "./rows.mjs";
import { createServer } from "./server.mjs";
import { createWorkplace } from "./workplace.mjs";

const CERTIFICATE_MAKER = fileURLToPath(new URL("../scripts/make-certificate.mjs", import.meta.url));

const PEERS = {
  "dovecot-fast": () => createDovecot("fast"),
  "dovecot-max": () => createDovecot("max"),
  courier: createCourier,
};

const MEASURES = {
  rate: measureRate,
  opening: measureOpening,
  deleting: measureDeleting,
  idle: measureIdle,
  big: measureBig,
};

/** Measures what the options ask for; `{ text, results }`. An aborted signal ends it, cleanly, with an exception. */
export async function runBench(options, signal) {
  const load = buildLoadGenerator();
  if (!load.tls) say("without the POP3S rows: apt-get install libssl-dev");
  const peers = presentPeers(options);
  const workplace = createWorkplace();
  const bench = { ...options, load, workplace, signal, held: new Set(), results: [], note: noteFor(() => bench) };
  const nodeFlags = options.profile === undefined ? [] : profilingFlags(options.profile);
  const servers = [];
  const began = performance.now();
  try {
    const certificate = makeCertificate(workplace);
    for (const peer of peers) {
      const server = await createServer(peer, { workplace, certificate, nodeFlags });
      servers.push(server);
      await server.start();
    }
    for (const row of chosenRows(options.rows)) await measureRow(bench, row, servers);
    const minutes = (performance.now() - began) / 60_000;
    return { text: report(bench.results, { servers, options, minutes }), results: bench.results };
  } finally {
    letGo(bench);
    for (const server of servers) await server.stop();
    workplace.remove();
  }
}

function presentPeers(options) {
  const peers = options.peers.flatMap((name) => {
    if (PEERS[name] !== undefined) return [PEERS[name]()];
    throw new Error(`--peer: no ${name}; there are ${Object.keys(PEERS).join(", ")}`);
  });
  if (process.getuid() !== 0 && peers.length > 0) say("without peers: they can be started by root only");
  const postigo = createPostigo(options);
  const reason = postigo.missing();
  if (reason !== undefined) throw new Error(`postigo is ${reason}`);
  return [postigo, ...(process.getuid() === 0 ? peers.filter(isPresent) : [])];
}

function isPresent(peer) {
  const remedy = peer.missing();
  if (remedy !== undefined) say(`without ${peer.name}: ${remedy}`);
  return remedy === undefined;
}

function makeCertificate(workplace) {
  const folder = workplace.folder("tls");
  execFileSync(process.execPath, [CERTIFICATE_MAKER, folder]);
  execFileSync("chmod", ["644", join(folder, "key.pem")]); // made for this run; each server reads it as another user
  return { chain: join(folder, "cert.pem"), key: join(folder, "key.pem") };
}

async function measureRow(bench, row, servers) {
  if (row.tls === true && !bench.load.tls) return;
  const able = row.tls === true ? servers.filter(({ tls }) => tls) : servers;
  bench.row = row;
  await MEASURES[row.kind](bench, row, able);
}

/** Takes down one server's figures for one repetition, and tells how things go. */
const noteFor = (current) => (name, server, figures) => {
  const { results, row, signal } = current();
  signal.throwIfAborted();
  if (!results.some((result) => result.name === name)) results.push({ name, row, byServer: new Map() });
  const { byServer } = results.find((result) => result.name === name);
  byServer.set(server.name, [...(byServer.get(server.name) ?? []), figures]);
  const trouble = figures.failed > 0 ? `  FAILED ${figures.failed}: ${figures.first_error}` : "";
  const value = shown(figures[row.metric ?? "value"]).padStart(9);
  say(
    `${name.padEnd(30)} ${server.name.padEnd(14)} ${value} ${row.unit}, other CPU ${shown(figures.other_cpu)}${trouble}`,
  );
};

function say(text) {
  process.stderr.write(`${text}\n`);
}
