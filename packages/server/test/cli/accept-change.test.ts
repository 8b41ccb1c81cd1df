import assert from "node:assert/strict";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createCanaryFiles } from "#server/canary/canary-files";
import { EXIT } from "#server/cli/exit-code";
import { recordOf } from "../canary/support.js";
import { call, temporaryFolder } from "./support.js";

async function spoolOf(t: TestContext, settings = "canary: { directory: state }\n") {
  const folder = temporaryFolder(t);
  const config = join(folder, "postigo.yaml");
  const users = '[{ type: inline, users: ["ana:{PLAIN}x", "ben:{PLAIN}x"] }]';
  const listen = '[{ address: "127.0.0.1", port: 1110, tls: none }]';
  writeFileSync(config, `spool: { maildir: "${folder}/%{user}" }\naccounts: ${users}\nlisten: ${listen}\n${settings}`);
  const files = createCanaryFiles(join(folder, "state"));
  for (const place of ["ana", "ana/.Work", "ben"]) await files.save(join(folder, place), recordOf());
  const left = async (place: string) => (await files.load(join(folder, place))) !== undefined;
  return { folder, files, left, accept: (...words: string[]) => call(["accept-change", ...words, "--config", config]) };
}

test("accept-change forgets what the maildrop of a user and its folders held, and no other", async (t) => {
  const { accept, left } = await spoolOf(t);
  const { code, out, err } = await accept("ana");
  assert.deepEqual({ code, out }, { code: EXIT.ok, out: "" });
  assert.match(err, /^ana: the next login is let pass \(2 records forgotten\)$/m);
  assert.deepEqual([await left("ana"), await left("ana/.Work"), await left("ben")], [false, false, true]);
  assert.match((await accept("ana")).err, /^ana: nothing was remembered, nothing is refused$/m);
});

test("--all forgets every maildrop; --json says where and how many", async (t) => {
  const { accept, files, folder } = await spoolOf(t);
  const { code, out } = await accept("--all", "--json");
  assert.equal(code, EXIT.ok);
  assert.deepEqual(JSON.parse(out), { user: null, maildrop: null, directory: join(folder, "state"), forgotten: 3 });
  assert.deepEqual(readdirSync(files.directory), []);
  const one = await accept("ana", "--json");
  assert.deepEqual(JSON.parse(one.out).maildrop, join(folder, "ana"));
});

test("neither a user nor --all, or both, is a usage error", async (t) => {
  const { accept } = await spoolOf(t);
  assert.equal((await accept()).code, EXIT.usage);
  assert.equal((await accept("ana", "--all")).code, EXIT.usage);
});

test("an unknown user is missing input", async (t) => {
  const { accept } = await spoolOf(t);
  assert.equal((await accept("eve")).code, EXIT.missingInput);
});

test("without a directory there is nothing to forget in: the answer says what to do", async (t) => {
  const { accept } = await spoolOf(t, "");
  const { code, err } = await accept("ana");
  assert.equal(code, EXIT.configuration);
  assert.match(err, /canary\.directory is not set: .* restart it, or name its directory/);
});

test("a directory that cannot be read is told with its path", async (t) => {
  const { accept, files } = await spoolOf(t);
  rmSync(files.directory, { recursive: true });
  writeFileSync(files.directory, "");
  const { code, err } = await accept("ana");
  assert.equal(code, EXIT.missingInput);
  assert.match(err, /state cannot be changed \(ENOTDIR\)/);
  rmSync(files.directory);
  mkdirSync(files.directory);
});
