// Postigo beside Dovecot and Courier: npm run bench -- --help

import { writeFileSync } from "node:fs";
import { readOptions } from "../bench/options.mjs";
import { summarizeProfiles } from "../bench/profile.mjs";
import { runBench } from "../bench/run-bench.mjs";

const options = readOptions(process.argv.slice(2));
const ending = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => ending.abort(new Error(`ended by ${signal}`)));

try {
  const { text, results } = await runBench(options, ending.signal);
  process.stdout.write(text);
  if (options.profile !== undefined) process.stdout.write(summarizeProfiles(options.profile, titleOf(options)));
  if (options.md !== undefined) writeFileSync(options.md, text);
  if (options.json !== undefined) writeFileSync(options.json, asJson(results));
} catch (error) {
  process.stderr.write(`${ending.signal.aborted ? ending.signal.reason.message : error.message}\n`);
  process.exitCode = 1;
}

function asJson(results) {
  const rows = results.map(({ name, row, byServer }) => ({
    name,
    unit: row.unit,
    servers: Object.fromEntries(byServer),
  }));
  return `${JSON.stringify(rows, undefined, 1)}\n`;
}

function titleOf({ rows, workers }) {
  return `${rows.join(" ") || "all rows"}, workers: ${workers}, Node ${process.versions.node}`;
}
