// Runs the unit tests under c8, prints the table of all sources and holds each package to its floor: node scripts/coverage.mjs
// Build first. Coverage of the compiled files is mapped back to packages/*/src/*.ts.

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const C8 = join(dirname(fileURLToPath(import.meta.resolve("c8"))), "bin/c8.js");
const REPORTS = "coverage";

/** Per cent of each package that the unit tests must reach. */
const FLOORS = {
  protocol: { lines: 100, branches: 100 },
  storage: { lines: 95 },
  server: { lines: 90 },
};

const status = runUnderC8();
if (status !== 0) process.exit(status);
const shortfalls = Object.entries(FLOORS).flatMap(([name, floor]) => shortfallsOf(name, floor));
for (const shortfall of shortfalls) console.error(shortfall);
process.exit(shortfalls.length === 0 ? 0 : 1);

function runUnderC8() {
  const packages = Object.keys(FLOORS);
  const options = [
    ["--temp-directory", join(REPORTS, "tmp")],
    ["--reports-dir", REPORTS],
    ["--reporter", "text"],
    ["--reporter", "json-summary"],
    ["--exclude-after-remap"],
    ["--include", "packages/*/src/**"],
    ["--exclude", "**/*.generated.ts"],
    ["--all"], // a file that no test loads counts as not covered
    ...packages.map((name) => ["--src", `packages/${name}/src`]),
    ...packages.flatMap(sourcesWithoutStatements).map((file) => ["--exclude", file]),
  ];
  const command = [C8, ...options.flat(), process.execPath, "scripts/test.mjs", "unit"];
  return spawnSync(process.execPath, command, { cwd: ROOT, stdio: "inherit" }).status ?? 1;
}

/** Sources that hold nothing but types and names passed on: there is nothing in them to run. */
function sourcesWithoutStatements(name) {
  const dist = join("packages", name, "dist");
  return readdirSync(join(ROOT, dist), { recursive: true })
    .filter((file) => file.endsWith(".js") && hasNoStatements(readFileSync(join(ROOT, dist, file), "utf8")))
    .map((file) => join("packages", name, "src", file.replace(/\.js$/, ".ts")));
}

function hasNoStatements(script) {
  const code = script.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  return code.replace(/export\s*(\*|\{[^}]*\})(\s*from\s*"[^"]*")?\s*;/g, "").trim() === "";
}

function shortfallsOf(name, floor) {
  const files = filesOf(name);
  return Object.entries(floor).flatMap(([measure, least]) => {
    const reached = percentage(files.map(({ counts }) => counts[measure]));
    if (reached >= least) return [];
    const lacking = files.filter(({ counts }) => counts[measure].covered < counts[measure].total);
    return [
      `coverage: ${name} has ${reached.toFixed(2)} % of its ${measure}, its floor is ${least} %; what lacks:`,
      ...lacking.map(
        ({ file, counts }) => `  ${file}: ${counts[measure].covered} of ${counts[measure].total} ${measure}`,
      ),
    ];
  });
}

function filesOf(name) {
  const summary = JSON.parse(readFileSync(join(ROOT, REPORTS, "coverage-summary.json"), "utf8"));
  return Object.entries(summary)
    .map(([path, counts]) => ({ file: relative(ROOT, path), counts }))
    .filter(({ file }) => file.startsWith(join("packages", name, "src/")));
}

function percentage(counts) {
  const total = counts.reduce((sum, count) => sum + count.total, 0);
  return total === 0 ? 0 : (100 * counts.reduce((sum, count) => sum + count.covered, 0)) / total;
}
