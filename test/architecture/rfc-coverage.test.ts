// docs/rfc-coverage.md against the sources, and the check itself against planted faults.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("../../scripts/check-rfc-coverage.mjs", import.meta.url));
const SOURCE = "protocol/src/limits.ts";
const TITLE = "RFC 1939 §10: the example session, from APOP to QUIT";

function check(...page: string[]): { readonly status: number | null; readonly faults: string } {
  const { status, stderr } = spawnSync(process.execPath, [SCRIPT, ...page], { encoding: "utf8" });
  return { status, faults: stderr };
}

describe("docs/rfc-coverage.md", () => {
  test("names a source and a test that exist for each clause", () => {
    assert.deepEqual(check(), { status: 0, faults: "" });
  });

  const planted: readonly { readonly name: string; readonly row: string; readonly fault: RegExp }[] = [
    {
      name: "a test that does not exist",
      row: `| §1 | x | ${SOURCE} | no such title |`,
      fault: /§1: no test "no such title"/,
    },
    { name: "a part of a title", row: `| §1 | x | ${SOURCE} | ${TITLE.slice(0, -1)} |`, fault: /§1: no test/ },
    { name: "a clause without a test", row: `| §1 | x | ${SOURCE} |  |`, fault: /§1: no test ""/ },
    {
      name: "a source that does not exist",
      row: `| §1 | x | protocol/src/gone.ts | ${TITLE} |`,
      fault: /§1: no source/,
    },
    { name: "a page without rows", row: "", fault: /no row found/ },
  ];
  for (const { name, row, fault } of planted) {
    test(`is refused with ${name}`, (t) => {
      const folder = mkdtempSync(join(tmpdir(), "postigo-coverage-"));
      t.after(() => rmSync(folder, { recursive: true }));
      const page = join(folder, "page.md");
      writeFileSync(page, `| Clause | What must hold | Source | Test |\n|---|---|---|---|\n${row}\n`);
      const { status, faults } = check(page);
      assert.equal(status, 1);
      assert.match(faults, fault);
    });
  }
});
