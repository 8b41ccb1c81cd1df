// The table: medians, spread, ratios to the better Dovecot of the same repetition, server CPU a unit, and what was aimed at.

import { cpus, release } from "node:os";

const HEAD = [
  "row",
  "unit",
  "server",
  "median",
  "min–max",
  "× best Dovecot",
  "CPU a unit",
  "CPU ×",
  "other CPU",
  "goal",
  "bad",
];

/** CPU a unit, by the row's unit: of what, how to count it, and what one second is worth in the unit shown. */
const CPU_UNITS = {
  "messages/s": { name: "µs", scale: 1e6, count: ({ messages }) => messages },
  "MB/s": { name: "ms", scale: 1e3, count: ({ octets }) => octets / 1e6 },
  "sessions/s": { name: "ms", scale: 1e3, count: ({ sessions }) => sessions },
  ms: { name: "ms", scale: 1e3, count: ({ sessions }) => sessions },
};

/** `results`: rows in order, each { name, row, byServer: Map of a server's name to its repetitions }. */
export function report(results, { servers, options, minutes }) {
  const lines = results.flatMap((result) => rowsOf(result));
  return `${heading({ servers, options, minutes })}\n${markdown([HEAD, ...lines])}\n${remarks(results)}`;
}

function heading({ servers, options, minutes }) {
  const [processor] = cpus();
  const versions = servers.map(({ name, version }) => `${name} ${version}`).join("; ");
  return `Measured ${new Date().toISOString().slice(0, 10)} on ${cpus().length} cores (${processor?.model.trim()}), Linux ${release()}: ${options.reps} × ${options.seconds} s, ${minutes.toFixed(0)} min in all.

${versions}.
`;
}

function rowsOf({ name, row, byServer }) {
  return [...byServer].map(([server, runs]) => {
    const good = runs.filter(({ sessions }) => sessions > 0);
    const values = good.map((run) => run[row.metric ?? "value"]);
    const unit = CPU_UNITS[row.unit];
    const isPeer = server !== "postigo";
    return [
      name,
      row.unit,
      server,
      shown(median(values)),
      values.length > 1 ? `${shown(Math.min(...values))}–${shown(Math.max(...values))}` : "",
      isDovecot(server) ? "" : shown(median(ratios({ row, byServer, runs, of: (run) => run[row.metric ?? "value"] }))),
      unit === undefined ? "" : `${shown(median(good.map((run) => cpuAUnit(run, unit))))} ${unit.name}`,
      isDovecot(server) || unit === undefined ? "" : shown(median(cpuRatios({ row, byServer, runs, unit }))),
      unit === undefined ? "" : shown(median(good.map(({ other_cpu }) => other_cpu))),
      isPeer ? "" : goalOf(name, row),
      faultsOf(runs),
    ];
  });
}

const isDovecot = (server) => server.startsWith("dovecot");

const cpuAUnit = (run, { scale, count }) => (run.server_cpu * scale) / count(run);

/** Each repetition against the better of the Dovecots in the same one. */
function ratios({ row, byServer, runs, of }) {
  return runs.flatMap((run, repetition) => {
    const others = dovecotRuns(byServer, repetition).map(of);
    if (others.length === 0 || !(run.sessions > 0)) return [];
    return [of(run) / (row.better === "more" ? Math.max(...others) : Math.min(...others))];
  });
}

function cpuRatios({ row, byServer, runs, unit }) {
  return ratios({ row: { ...row, better: "less" }, byServer, runs, of: (run) => cpuAUnit(run, unit) });
}

function dovecotRuns(byServer, repetition) {
  return [...byServer]
    .filter(([server]) => isDovecot(server))
    .map(([, runs]) => runs[repetition])
    .filter((run) => run?.sessions > 0);
}

function goalOf(name, row) {
  const opening = name.endsWith(" first") ? "first" : "later";
  const goal = row.goal ?? row.goals?.[opening];
  if (row.atMost !== undefined) return `≤ ${row.atMost} ${row.unit}`;
  if (goal === undefined) return "";
  const cpu = row.goalCpu === undefined ? "" : `, CPU ≤ ${row.goalCpu} ×`;
  return `${row.better === "more" ? "≥" : "≤"} ${goal} ×${cpu}`;
}

function faultsOf(runs) {
  const faults = runs.reduce((sum, { failed = 0, mismatches = 0 }) => sum + failed + mismatches, 0);
  return faults === 0
    ? ""
    : `${faults}: ${runs.find((run) => run.first_error)?.first_error?.slice(0, 60) ?? "wrong octets"}`;
}

const remarks = (results) =>
  results
    .flatMap(({ name, byServer }) =>
      [...byServer].flatMap(([server, runs]) =>
        runs.filter(({ remark }) => remark).map(({ remark }) => `- ${name}, ${server}: ${remark}\n`),
      ),
    )
    .join("");

export function median(values) {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Three significant digits. */
export function shown(value) {
  if (value === undefined || !Number.isFinite(value)) return "";
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  return value.toFixed(size >= 10 ? 1 : size >= 0.1 ? 2 : 4);
}

export function markdown(table) {
  const widths = table[0].map((_, column) => Math.max(...table.map((cells) => String(cells[column]).length)));
  const line = (cells) => `| ${cells.map((cell, column) => String(cell).padEnd(widths[column])).join(" | ")} |\n`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  return line(table[0]) + rule + table.slice(1).map(line).join("");
}
