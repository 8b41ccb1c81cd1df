// The three npm packages, packed, installed in an empty folder, and run there.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { cleanUp } from "../support/clean-up.js";
import { until } from "../support/eventually.js";
import { MaildirFixture } from "../support/maildir-fixture.js";
import { needs, run } from "../support/real-client.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const WORKSPACES = ["protocol", "storage", "server"].map((name) => `--workspace=packages/${name}`);

interface Packed {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

test(
  "npm pack: the packages hold the program and no tests, install elsewhere, and serve a maildrop to curl",
  needs("curl"),
  async (t) => {
    const folder = temporaryDirectory(t);
    const packing = await run("npm", ["--prefix", ROOT, "pack", "--json", "--pack-destination", folder, ...WORKSPACES]);
    assert.equal(packing.status, 0, packing.stderr);
    const packed: readonly Packed[] = Object.values(JSON.parse(packing.stdout.toString()));
    assert.deepEqual(packed.map(({ name }) => name).sort(), [
      "@postigo/protocol",
      "@postigo/server",
      "@postigo/storage",
    ]);
    const strangers = packed
      .flatMap(({ files }) => files.map(({ path }) => path))
      .filter(
        (path) =>
          !/^(?:package\.json|README\.md|LICENSE|bin\/[\w.]+|dist\/.+\.(?:js|d\.ts|map))$/.test(path) ||
          /test/.test(path),
      );
    assert.deepEqual(strangers, []);
    assert.ok(packed.every(({ files }) => files.some(({ path }) => path === "LICENSE")));

    writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
    const tarballs = readdirSync(folder)
      .filter((name) => name.endsWith(".tgz"))
      .map((name) => `./${name}`);
    const options = ["--prefix", folder, "--prefer-offline", "--no-audit", "--no-fund"];
    const installing = await run("npm", [...options, "install", ...tarballs.map((name) => join(folder, name))], {
      deadlineMs: 180_000,
    });
    assert.equal(installing.status, 0, installing.stderr);
    const postigo = join(folder, "node_modules/.bin/postigo");
    assert.match((await run(postigo, ["--version"])).stdout.toString(), /^postigo \d+\.\d+\.\d+\n$/);

    const maildir = new MaildirFixture(join(folder, "mail"));
    maildir.add({ what: "one", octets: Buffer.from("Subject: packed\n\nhello\n") });
    const server = spawn(postigo, [
      "serve",
      "--listen",
      "127.0.0.1:0",
      "--maildir",
      maildir.path,
      "--user",
      "ana:wonderland",
    ]);
    cleanUp(t, () => void server.kill("SIGTERM"));
    const lines: string[] = [];
    createInterface(server.stderr).on("line", (line) => lines.push(line));
    const port = await until("it listens", () => /listening .*port=(\d+)/.exec(lines.join("\n"))?.[1]);
    const { status, stdout } = await run("curl", ["-sS", "--user", "ana:wonderland", `pop3://127.0.0.1:${port}/1`]);
    assert.equal(status, 0);
    assert.equal(stdout.toString(), "Subject: packed\r\n\r\nhello\r\n");
  },
);
