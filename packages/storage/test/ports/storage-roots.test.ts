import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { StorageRoot } from "#storage/ports/file-system";
import type { IoMode } from "#storage/ports/pace";
import { createStorageRoots } from "#storage/ports/storage-roots";
import { temporaryDirectory } from "../support/maildir-builder.js";

/** A folder that lies on another file system than any other folder does. */
const ELSEWHERE = "/proc/self";
const onLinux = existsSync(ELSEWHERE) ? {} : { skip: "needs a second file system, such as /proc" };

/** Roots whose calls last as long as `step` says, by the clock they look at. */
function rootsFor(io: IoMode = "auto") {
  const hands = { now: 1_000, step: 0 };
  const roots = createStorageRoots({ io, monotonic: () => (hands.now += hands.step), processorWait: () => 0 });
  return { roots, hands };
}

/** Calls through the pool, until the root blocks. */
async function proven(root: StorageRoot, path: string): Promise<StorageRoot> {
  for (let count = 0; count < 1_000 && !root.isSync; count += 1) (await root.list(path)).close();
  assert.ok(root.isSync);
  return root;
}

test("ADR 0060: maildrops of one file system share a root; those of another have their own", onLinux, async (t) => {
  const folder = temporaryDirectory(t);
  mkdirSync(join(folder, "a"));
  const { roots } = rootsFor();
  const root = await roots.of(join(folder, "a"));
  assert.equal(await roots.of(join(folder, "not", "made", "yet")), root);
  assert.notEqual(await roots.of(ELSEWHERE), root);
});

test("ADR 0060: a path is looked up once, without blocking, and known from then on", async (t) => {
  const folder = temporaryDirectory(t);
  const { roots } = rootsFor();
  const lookup = roots.of(folder);
  assert.ok(lookup instanceof Promise);
  assert.equal(roots.of(folder) instanceof Promise, true, "not while it is being looked up");
  const root = await lookup;
  assert.equal(roots.of(folder), root);
});

test("ADR 0060: a slow call moves its own root to the pool, and no other", onLinux, async (t) => {
  const folder = temporaryDirectory(t);
  const { roots, hands } = rootsFor();
  const slow = await proven(await roots.of(folder), folder);
  const quick = await proven(await roots.of(ELSEWHERE), ELSEWHERE);
  hands.step = 25;
  assert.ok(!(slow.stat(folder) instanceof Promise));
  hands.step = 0;
  assert.equal(slow.isSync, false);
  assert.ok(quick.isSync);
  assert.ok(!(quick.stat(ELSEWHERE) instanceof Promise));
});

test("ADR 0060: attributes, which the kernel remembers for the slowest disk, prove nothing", async (t) => {
  const folder = temporaryDirectory(t);
  const root = await rootsFor().roots.of(folder);
  for (let count = 0; count < 20; count += 1) await root.stat(folder);
  assert.equal(root.isSync, false);
});

test("ADR 0060: the calls of others are made as the root's own, and their time counts", async (t) => {
  const folder = temporaryDirectory(t);
  const { roots, hands } = rootsFor();
  const root = await proven(await roots.of(folder), folder);
  const now = () => "now";
  const later = async () => "later";
  assert.equal(root.call(now, later), "now");
  hands.step = 25;
  assert.equal(root.call(now, later), "now");
  assert.equal(await root.call(now, later), "later");
});

test("ADR 0060: a folder that turns out to be on another device is looked up again", async (t) => {
  const folder = temporaryDirectory(t);
  const { device } = { device: statSync(folder, { bigint: true }).dev };
  const { roots } = rootsFor();
  const root = await roots.of(folder);
  roots.seen(folder, device);
  assert.equal(roots.of(folder), root);
  roots.seen(folder, device + 1n);
  assert.ok(roots.of(folder) instanceof Promise);
});

test("ADR 0060: many that ask about a folder nobody knows get the answer of the first", async (t) => {
  const folder = temporaryDirectory(t);
  const { roots } = rootsFor();
  const found = await Promise.all(Array.from({ length: 20 }, (_, index) => roots.of(join(folder, `m${index}`))));
  assert.equal(new Set(found).size, 1);
});

for (const [io, isSync] of [
  ["sync", true],
  ["async", false],
] as const) {
  test(`ADR 0060: io ${io} holds for each root, from its first call on`, onLinux, async (t) => {
    const { roots } = rootsFor(io);
    for (const path of [temporaryDirectory(t), ELSEWHERE]) assert.equal((await roots.of(path)).isSync, isSync);
  });
}

test("ADR 0060: a root that begins in doubt serves all calls meanwhile", async (t) => {
  const folder = temporaryDirectory(t);
  const root = await rootsFor().roots.of(folder);
  await root.replaceFile(join(folder, "file"), Buffer.from("hello"), { durable: true });
  assert.equal(readFileSync(join(folder, "file"), "latin1"), "hello");
  assert.deepEqual(await (await root.list(folder)).next(), [{ name: "file", kind: "file" }]);
});
