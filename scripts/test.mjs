// Runs the compiled tests: node scripts/test.mjs [unit|e2e|all] [substring of a path …]
// Node 20 does not expand globs for --test, so the files are listed here.

import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const SUITES = {
  unit: [
    "packages/protocol/dist-test",
    "packages/storage/dist-test",
    "packages/server/dist-test",
    "dist-test/architecture",
  ],
  e2e: ["dist-test/e2e"],
};
const ALL = [...SUITES.unit, ...SUITES.e2e];

const [suite = "all", ...wanted] = process.argv.slice(2);
const folders = suite === "all" ? ALL : SUITES[suite];
if (!folders) {
  console.error(`scripts/test.mjs: no suite "${suite}"; there are unit, e2e and all`);
  process.exit(64);
}
const files = folders
  .flatMap(testsBelow)
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)));
if (files.length === 0) {
  console.error("scripts/test.mjs: no compiled test found; run `npm run build` first");
  process.exit(66);
}
// Left alone, Node keeps one core free. End-to-end tests wait for daemons more than they compute, and share them: two at a time.
const concurrency = suite === "unit" ? availableParallelism() : 2;
const options = ["--enable-source-maps", "--test", `--test-concurrency=${concurrency}`];
const run = spawnSync(process.execPath, [...options, ...files], { cwd: root, stdio: "inherit" });
process.exit(run.status ?? 1);

function testsBelow(folder) {
  let names;
  try {
    names = readdirSync(join(root, folder), { recursive: true });
  } catch (error) {
    if (error.code === "ENOENT") return [];
    throw error;
  }
  return names
    .filter((name) => name.endsWith(".test.js"))
    .sort()
    .map((name) => join(folder, name));
}
