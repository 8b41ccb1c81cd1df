// The example of the README, run as it stands.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { RawClient } from "../support/raw-client.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const EXAMPLE = /<!-- run by test\/e2e\/library\.test\.ts -->\n+```js\n(.*?)```/s;
const COMMENT = "// point a POP3 client at 127.0.0.1 and `port`";

test("the library example of the README serves a message from memory", async (t) => {
  const example = EXAMPLE.exec(readFileSync(join(ROOT, "README.md"), "utf8"))?.[1] ?? "";
  assert.ok(example.includes(COMMENT), "the README has the example");
  // Inside the repository, so that the import of @postigo/server is found.
  const directory = mkdtempSync(join(ROOT, "dist-test", "readme-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "example.mjs");
  writeFileSync(file, example.replace(COMMENT, "await globalThis.useExample(port);"));
  let fetched = "";
  Object.assign(globalThis, {
    useExample: async (port: number): Promise<void> => {
      const client = await RawClient.login(port, "ana", "secret");
      fetched = (await client.retrieve(1)).toString();
      await client.quit();
    },
  });
  await import(pathToFileURL(file).href);
  assert.equal(fetched, "Subject: hello\r\n\r\nFrom memory.\r\n");
});
