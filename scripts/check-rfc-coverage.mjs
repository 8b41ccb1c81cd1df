// Holds docs/rfc-coverage.md to the sources: node scripts/check-rfc-coverage.mjs [PAGE]
// Each row must name a source file and the title of a test that exist; a clause without a test is thus seen.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TEST_FOLDERS = ["packages/protocol/test", "packages/storage/test", "packages/server/test", "test"];

const page = process.argv[2] ?? join(ROOT, "docs/rfc-coverage.md");
const faults = faultsOf(rowsOf(readFileSync(page, "utf8")), testTitles());
for (const fault of faults) console.error(fault);
process.exit(faults.length === 0 ? 0 : 1);

function faultsOf(rows, titles) {
  if (rows.length === 0) return [`${page}: no row found`];
  return rows.flatMap(({ clause, source, title }) => [
    ...(existsSync(join(ROOT, "packages", source)) ? [] : [`${clause}: no source packages/${source}`]),
    ...(titles.has(title) ? [] : [`${clause}: no test "${title}"`]),
  ]);
}

/** Literals in test files, and the first lines of transcripts. */
function testTitles() {
  return new Set(TEST_FOLDERS.flatMap(filesBelow).flatMap(titlesIn));
}

function rowsOf(page) {
  return page
    .split("\n")
    .filter((line) => line.startsWith("|") && !/^\|[\s:-]+\|/.test(line) && !/^\|\s*Clause\s*\|/.test(line))
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .map(([, clause, , source = "", title]) => ({ clause, source, title }));
}

function filesBelow(folder) {
  return readdirSync(join(ROOT, folder), { recursive: true })
    .filter((name) => name.endsWith(".test.ts") || name.endsWith(".transcript"))
    .map((name) => join(ROOT, folder, name));
}

function titlesIn(file) {
  const text = readFileSync(file, "utf8");
  if (file.endsWith(".transcript")) return [text.split("\n", 1)[0].replace(/^# /, "")];
  return [...text.matchAll(/\b(?:test|it)\(\s*(["'`])((?:\\.|(?!\1)[^\\])*)\1/g)].map(([, , title]) => title);
}
