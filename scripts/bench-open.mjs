// Times the opening of a maildrop: node scripts/bench-open.mjs [--imported] [messages …]   (default: 1000 10000 100000)
//
//   --imported  every message has a unique-id and a place from postigo.uids, in another order than that of delivery
//
//   first     nothing is known: every message is read
//   warm      nothing has changed, same process: the mean of 5,000 times
//   restart   nothing has changed, new process: postigo.index is read
//   one more  a message has arrived, same process
//   restart+1 a message has arrived, new process
//   pause     the longest time the event loop was held meanwhile
//
// Files of 4 KB with bare LF lie in the page cache, in a temporary directory (TMPDIR chooses the disk).

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { closingOctets, createWireKernel } from "../packages/protocol/dist/index.js";
import { createFileSystem, createMaildirStore, saveImportedIds, singleRoot } from "../packages/storage/dist/index.js";

const isImported = process.argv.includes("--imported");
const counts = process.argv
  .slice(2)
  .filter((word) => word !== "--imported")
  .map(Number);
const WARM_TIMES = 5_000;
const body = `Subject: a message\n\n${"seventy octets of a line that says nothing at all to anybody, really\n".repeat(58)}`;
const WINDOW_OCTETS = 65_536;
const rule = octetRule();
const aMinuteAhead = () => Date.now() + 60_000;

console.log("messages   first ms   warm µs  restart ms  one more ms  restart+1 ms  pause ms  heap KB  outside KB");
for (const count of counts.length > 0 ? counts : [1_000, 10_000, 100_000]) await bench(count);

async function bench(count) {
  const root = mkdtempSync(join(tmpdir(), "postigo-bench-"));
  try {
    for (const folder of ["tmp", "new", "cur"]) mkdirSync(join(root, folder));
    for (let index = 0; index < count; index++) deliver(root, index);
    if (isImported) await importIds(root, count);
    await report(root, count);
  } finally {
    rmSync(root, { recursive: true });
  }
}

async function report(root, count) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const store = newStore();
  globalThis.gc?.();
  const before = process.memoryUsage();
  delay.enable();
  const first = await time(store, root);
  delay.disable();
  await new Promise((resolve) => setTimeout(resolve, 200));
  globalThis.gc?.();
  const after = process.memoryUsage();
  const warm = timeWarm(store, root);
  const restart = await time(newStore(), root);
  deliver(root, count);
  const changed = await time(store, root);
  deliver(root, count + 1);
  const restartChanged = await time(newStore(), root);
  const columns = [first, warm * 1_000, restart, changed, restartChanged, delay.max / 1e6].map((ms) =>
    ms.toFixed(2).padStart(11),
  );
  const memory = [after.heapUsed - before.heapUsed, after.arrayBuffers - before.arrayBuffers];
  console.log([String(count).padStart(8), ...columns, ...memory.map((octets) => Math.round(octets / 1024))].join(" "));
}

async function time(store, root) {
  const began = performance.now();
  const { maildrop } = await store.open(root);
  const took = performance.now() - began;
  await maildrop.close();
  return took;
}

function timeWarm(store, root) {
  const began = performance.now();
  for (let times = 0; times < WARM_TIMES; times++) store.open(root);
  return (performance.now() - began) / WARM_TIMES;
}

async function importIds(root, count) {
  const entries = Array.from({ length: count }, (_, index) => ({
    uniqueName: nameOf(index),
    uniqueId: `UID${index}-1136073600`,
    order: index,
  }));
  await saveImportedIds(createFileSystem({ io: "sync" }), root, entries);
}

function newStore() {
  return createMaildirStore({ roots: singleRoot(createFileSystem({ io: "sync" })), rule, now: aMinuteAhead });
}

function deliver(root, index) {
  writeFileSync(join(root, "new", nameOf(index)), body);
}

/** Any order but that of delivery. */
function nameOf(index) {
  const seconds = 1_700_000_000 + ((index * 7_919) % 1_000_003);
  return `${seconds}.V801I${index.toString(16)}M${index % 1_000_000}.mail.example.org`;
}

/** The rule that the server hands in, over a window of the usual size. */
function octetRule() {
  const kernel = createWireKernel(WINDOW_OCTETS);
  const window = kernel.memory.subarray(0, WINDOW_OCTETS);
  return {
    window,
    added: (_chunk, length, previous) => kernel.countAdded(0, length, previous),
    addedAtEnd: closingOctets,
  };
}
