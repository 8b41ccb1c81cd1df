// Records on a real disk, and everything that may stand in their place.

import assert from "node:assert/strict";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createCanaryFiles, forgetAllRecords, forgetRecords } from "#server/canary/canary-files";
import { tempDirectory } from "../support/temp-directory.js";
import { recordOf } from "./support.js";

const ANA = "/spool/ana";

test("a record that was saved is loaded, and no other maildrop has it", async (t) => {
  const files = createCanaryFiles(join(tempDirectory(t), "canary"));
  assert.equal(await files.load(ANA), undefined);
  await files.save(ANA, recordOf());
  await files.save(ANA, recordOf({ count: 4 }));
  assert.deepEqual(await files.load(ANA), recordOf({ count: 4 }));
  assert.equal(await files.load("/spool/anabel"), undefined);
  assert.equal(readdirSync(files.directory).length, 1, "nothing is left of the writing");
});

test("nobody else reads what maildrops there are", async (t) => {
  const files = createCanaryFiles(join(tempDirectory(t), "canary"));
  await files.save(ANA, recordOf());
  const [name = ""] = readdirSync(files.directory);
  assert.match(name, /^[0-9a-f]{40}$/);
  const modes = [files.directory, join(files.directory, name)].map((path) => statSync(path).mode & 0o777);
  assert.deepEqual(modes, [0o700, 0o600]);
});

for (const [what, spoil] of [
  ["is empty", (path) => truncateSync(path)],
  ["was torn", (path) => truncateSync(path, 60)],
  ["has been written by somebody else", (path) => writeFileSync(path, "postigo-canary 2\n")],
  ["is longer than any", (path) => writeFileSync(path, Buffer.alloc(100_000, "x"))],
  [
    "is a link",
    (path, directory) => {
      writeFileSync(join(directory, "other"), readFileSync(path));
      unlinkSync(path);
      symlinkSync("other", path);
    },
  ],
] as const satisfies readonly (readonly [string, (path: string, directory: string) => void])[]) {
  test(`a record that ${what} is spoilt, and the next save puts it right`, async (t) => {
    const files = createCanaryFiles(tempDirectory(t));
    await files.save(ANA, recordOf());
    const [name = ""] = readdirSync(files.directory);
    spoil(join(files.directory, name), files.directory);
    assert.equal(await files.load(ANA), "spoilt");
    await files.save(ANA, recordOf());
    assert.deepEqual(await files.load(ANA), recordOf());
  });
}

test("what a process with our number left behind when it was killed is written over", async (t) => {
  const files = createCanaryFiles(tempDirectory(t));
  await files.save(ANA, recordOf());
  const [name = ""] = readdirSync(files.directory);
  writeFileSync(join(files.directory, `${name}.${process.pid}.tmp`), "x".repeat(9999));
  await files.save(ANA, recordOf({ count: 7 }));
  assert.deepEqual(await files.load(ANA), recordOf({ count: 7 }));
  assert.deepEqual(readdirSync(files.directory), [name]);
});

test("a directory that is a file, or cannot be made, rejects the save and the load", async (t) => {
  const folder = tempDirectory(t);
  writeFileSync(join(folder, "file"), "");
  const files = createCanaryFiles(join(folder, "file"));
  await assert.rejects(files.save(ANA, recordOf()), /ENOTDIR/);
  await assert.rejects(files.load(ANA), /ENOTDIR/);
  await assert.rejects(createCanaryFiles(join(folder, "file", "canary")).save(ANA, recordOf()), /ENOTDIR/);
});

test("a record that cannot be put in place leaves nothing behind", async (t) => {
  const files = createCanaryFiles(tempDirectory(t));
  await files.save(ANA, recordOf());
  const [name = ""] = readdirSync(files.directory);
  const other = createCanaryFiles(tempDirectory(t));
  mkdirSync(join(other.directory, name, "full"), { recursive: true });
  await assert.rejects(other.save(ANA, recordOf()), /EISDIR|ENOTEMPTY/);
  assert.deepEqual(readdirSync(other.directory), [name]);
});

test("forgetting a maildrop forgets its folders too, and nobody else's", async (t) => {
  const files = createCanaryFiles(tempDirectory(t));
  const places = [ANA, `${ANA}/.Work`, `${ANA}/.Work.Old`, "/spool/ben", "/spool/ben/.Work"];
  for (const place of places) await files.save(place, recordOf());
  assert.equal(await forgetRecords(files.directory, ANA), 3);
  const left = await Promise.all(places.map((place) => files.load(place)));
  assert.deepEqual(
    left.map((record) => record !== undefined),
    [false, false, false, true, true],
  );
  assert.equal(await forgetRecords(files.directory, `${ANA}/.Work`), 0);
});

test("forgetting all removes records and what is left of their writing, and no other file", async (t) => {
  const files = createCanaryFiles(tempDirectory(t));
  await files.save(ANA, recordOf());
  await files.save("/spool/ben", recordOf());
  const [name = ""] = readdirSync(files.directory);
  writeFileSync(join(files.directory, `${name}.99.tmp`), "");
  writeFileSync(join(files.directory, "notes"), "");
  assert.equal(await forgetAllRecords(files.directory), 2);
  assert.deepEqual(readdirSync(files.directory), ["notes"]);
  assert.equal(await forgetAllRecords(join(files.directory, "absent")), 0);
  await assert.rejects(forgetAllRecords(join(files.directory, "notes")), /ENOTDIR/);
});
