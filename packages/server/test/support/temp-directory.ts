// A directory of its own for one test, removed when the test ends.

import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

export function tempDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), "postigo-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
