import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createProcessorWait } from "#storage/ports/processor-wait";

test("the wait for a processor never goes back and is a plain number of milliseconds", () => {
  const wait = createProcessorWait();
  const first = wait() ?? 0;
  assert.ok(first >= 0 && Number.isFinite(first));
  assert.ok((wait() ?? 0) >= first);
});

test("where the system does not tell, or tells rubbish, nobody has waited", (t) => {
  assert.equal(createProcessorWait("/nonexistent/schedstat")(), undefined);
  const folder = mkdtempSync(join(tmpdir(), "postigo-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "schedstat");
  for (const [text, expected] of [
    ["", undefined],
    ["rubbish", undefined],
    ["1 -2 3\n", undefined],
    ["5000000 2500000 7\n", 2.5],
  ] as const) {
    writeFileSync(file, text);
    assert.equal(createProcessorWait(file)(), expected);
  }
});
