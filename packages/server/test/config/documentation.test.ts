// The pages that operators copy from say what the program does.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CONFIG_KEYS } from "#server/config/keys";
import { valid, warningsOf } from "./support.js";

const page = (name: string): string => readFileSync(new URL(`../../../../${name}`, import.meta.url), "utf8");

const MANUAL = page("docs/configuration.md");

for (const { key } of CONFIG_KEYS) {
  test(`docs/configuration.md explains ${key}`, () =>
    assert.match(MANUAL, new RegExp(`^\\| .*\`${key.replace(".", "\\.")}\``, "m")));
}

for (const { key, flag, variable } of CONFIG_KEYS.filter(({ key, flag }) => key !== flag)) {
  test(`docs/configuration.md names the flag and the variable of ${key}`, () => {
    assert.ok(MANUAL.includes(`--${flag}`));
    if (variable !== undefined && flag !== "run-as-group") assert.ok(MANUAL.includes(`\`${variable}\``), variable);
  });
}

const yamlBlocks = (text: string): readonly string[] =>
  [...text.matchAll(/^```yaml\n(listen:[\s\S]*?)^```/gm)].map(([, yaml = ""]) => yaml);

for (const name of ["docs/configuration.md", "README.md"]) {
  test(`the configuration in ${name} is good`, () => {
    const blocks = yamlBlocks(page(name));
    assert.ok(blocks.length > 0);
    for (const block of blocks) valid(block);
  });
}

test("the configuration to begin with has no surprises", () => {
  assert.deepEqual(yamlBlocks(MANUAL).flatMap(warningsOf), []);
});

test("defaults in docs/configuration.md are those in force", () => {
  const config = valid(yamlBlocks(MANUAL)[0] ?? "");
  const documented = (key: string): string =>
    new RegExp(`^\\| \`${key}\` +\\| \`([^\`]+)\``, "m").exec(MANUAL)?.[1] ?? "";
  assert.equal(documented("limits\\.connections"), String(config.limits.connections));
  assert.equal(documented("limits\\.per_address"), String(config.limits.perAddress));
  assert.equal(documented("limits\\.per_account"), String(config.limits.perAccount));
  assert.equal(documented("timeouts\\.autologout"), "10m");
  assert.equal(documented("auth\\.plaintext"), config.auth.plaintext);
  assert.equal(documented("spool\\.io"), config.spool.io);
  assert.equal(documented("log\\.level"), config.log.level);
});
