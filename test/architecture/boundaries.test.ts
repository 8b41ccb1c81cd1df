// The boundaries of the house, read from the sources themselves; and each rule against a planted fault, so that the reading can fail.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { importFaults, importRules, type SourceFile, sourceFaults } from "../support/source-rules.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** This file, below test/. */
const PLANTED_FAULTS = "architecture/boundaries.test.ts";
const RULES = importRules(serverDependencies());

describe("boundaries", () => {
  for (const rule of RULES)
    test(`${rule.folder}: ${rule.rule}`, () => {
      const files = sourcesIn(rule.folder);
      assert.notEqual(files.length, 0);
      assertNone(files.flatMap((file) => importFaults(file, rule)));
    });

  test("no source uses console, is too long, or reaches the disk beside storage's ports", () => {
    const files = ["protocol", "storage", "server"].flatMap((name) => sourcesIn(`packages/${name}/src`));
    assertNone(files.flatMap(sourceFaults));
  });
});

describe("a planted fault is found", () => {
  const planted: readonly SourceFile[] = [
    { path: "packages/protocol/src/a.ts", text: 'import { readFileSync } from "node:fs";' },
    { path: "packages/protocol/src/a.ts", text: 'import type { Maildrop } from "@postigo/storage";' },
    { path: "packages/protocol/src/wire/a.ts", text: 'export { b } from "../../../storage/src/b.js";' },
    { path: "packages/storage/src/a.ts", text: 'import "node:net";' },
    { path: "packages/storage/src/a.ts", text: 'import {\n  Listing,\n} from "@postigo/protocol";' },
    { path: "packages/storage/src/a.ts", text: 'const server = await import("@postigo/server");' },
    { path: "packages/server/src/a.ts", text: 'import { Listing } from "@postigo/protocol/dist/index.js";' },
    { path: "packages/server/src/a.ts", text: 'import express from "express";' },
    { path: "test/e2e/a.ts", text: 'import { Session } from "@postigo/protocol/dist/session/session.js";' },
    { path: "test/e2e/a.ts", text: 'import { Session } from "../../packages/protocol/dist/index.js";' },
  ];
  for (const file of planted)
    test(`${file.path}: ${file.text.replaceAll(/\s+/g, " ")}`, () => {
      const faults = RULES.filter(({ folder }) => file.path.startsWith(`${folder}/`));
      assert.equal(faults.flatMap((rule) => importFaults(file, rule)).length, 1);
    });

  const allowed: readonly SourceFile[] = [
    { path: "packages/protocol/src/wire/a.ts", text: 'import { LF } from "../octets.js"; // from "node:fs"' },
    { path: "packages/storage/src/ports/a.ts", text: 'import { openSync } from "node:fs";' },
    { path: "packages/server/src/a.ts", text: 'import { verify } from "@node-rs/argon2";' },
    { path: "packages/server/src/a.ts", text: 'import { Listing } from "@postigo/protocol";' },
    { path: "test/e2e/a.ts", text: 'import { connect } from "../support/raw-client.js";' },
  ];
  for (const file of allowed)
    test(`and none in ${file.path}: ${file.text}`, () => {
      const rules = RULES.filter(({ folder }) => file.path.startsWith(`${folder}/`));
      assertNone([...rules.flatMap((rule) => importFaults(file, rule)), ...sourceFaults(file)]);
    });

  const faulty: readonly SourceFile[] = [
    { path: "packages/storage/src/maildir/a.ts", text: 'import { openSync } from "node:fs";' },
    { path: "packages/server/src/a.ts", text: 'console.error("password");' },
    { path: "packages/server/src/a.ts", text: "x;\n".repeat(401) },
  ];
  for (const file of faulty)
    test(`${file.path}: ${file.text.slice(0, 40)}`, () => assert.equal(sourceFaults(file).length, 1));
});

function assertNone(faults: readonly string[]): void {
  assert.equal(faults.length, 0, `\n${faults.join("\n")}`);
}

function sourcesIn(folder: string): readonly SourceFile[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".generated.ts") && name !== PLANTED_FAULTS)
    .map((name) => ({ path: `${folder}/${name}`, text: readFileSync(join(ROOT, folder, name), "utf8") }));
}

function serverDependencies(): readonly string[] {
  const manifest = JSON.parse(readFileSync(join(ROOT, "packages/server/package.json"), "utf8"));
  return Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
}
