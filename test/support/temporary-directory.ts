// A directory for one test, removed when the test ends.

import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { cleanUp } from "./clean-up.js";

/** Enterable by others, unlike a bare mkdtemp: Postfix delivers into it as another user. */
export function temporaryDirectory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "postigo-e2e-"));
  chmodSync(path, 0o755);
  cleanUp(t, () => rmSync(path, { recursive: true, force: true, maxRetries: 3 }));
  return path;
}
