// What a message costs in microseconds, on files in the page cache: node scripts/bench-messages.mjs [messages] [folder]
//
//   retrieve   open, first slice, close of a small message      large     1 MiB read to its end, a slice of 128 KiB at a time
//   mark       new/X to cur/X:2,S                               remove    unlink, with maildirsize
//   moved      unlink of messages that were all renamed meanwhile
//
// Each in both ways of reaching the disk. The folder (the system's temporary one by default) decides which file system is measured.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMaildrop } from "../packages/storage/dist/message/create-maildrop.js";
import { createFileSystem } from "../packages/storage/dist/ports/node-file-system.js";

const messages = Number(process.argv[2] ?? 10_000);
const folder = process.argv[3] ?? tmpdir();
const SMALL = Buffer.alloc(4_000, "Line of a message, as long as most of them are in real mail.\n");
const LARGE = Buffer.alloc(1_048_576, SMALL);
const ROUNDS = 3;
const target = Buffer.allocUnsafeSlow(128 * 1024);
const paths = Array.from({ length: messages }, (_, index) => `new/${1_700_000_000 + index}.M${index}P1.bench`);
const all = paths.map((_, position) => position);

const root = mkdtempSync(join(folder, "postigo-bench-"));
process.on("exit", () => rmSync(root, { recursive: true, force: true }));
for (const name of ["new", "cur", "tmp"]) mkdirSync(join(root, name));

const rows = {};
for (const io of ["sync", "auto", "async"]) {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await measure(io));
  rows[io] = Object.fromEntries(Object.keys(rounds[0]).map((step) => [step, median(rounds.map((took) => took[step]))]));
}
console.log(`µs a message, ${messages} messages of ${SMALL.length} octets in ${folder}, median of ${ROUNDS}`);
console.table(rows);

async function measure(io) {
  const fs = createFileSystem({ io });
  const took = {};
  fill();
  const maildrop = maildropOver(fs);
  took.retrieve = await each(() => retrieveAll(maildrop));
  took.mark = await each(() => maildrop.markRetrieved(all));
  took.remove = await each(() => maildrop.remove(all));
  fill();
  const blindfold = maildropOver(fs);
  for (const path of paths) renameSync(join(root, path), join(root, `cur/${path.slice(4)}:2,FS`));
  took.moved = await each(() => blindfold.remove(all));
  took.large = await large(fs);
  return took;
}

function fill() {
  for (const path of paths) writeFileSync(join(root, path), SMALL);
  writeFileSync(join(root, "maildirsize"), "0S\n");
  for (const path of paths) readFileSync(join(root, path));
}

function maildropOver(fs, content = SMALL) {
  const table = {
    count: messages,
    octetsAt: () => content.length,
    fileOctetsAt: () => content.length,
    uniqueIdAt: String,
    pathAt: (position) => paths[position],
  };
  const nothing = () => undefined;
  return createMaildrop({ table, root, fs, count: () => 0, remember: nothing, forget: nothing, onClose: nothing });
}

async function retrieveAll(maildrop) {
  for (const position of all) {
    const outcome = maildrop.open(position, target);
    const message = outcome instanceof Promise ? await outcome : outcome;
    if (message.first !== SMALL.length) throw new Error(`message ${position} is ${String(message)}`);
    message.close();
  }
}

async function large(fs) {
  writeFileSync(join(root, paths[0]), LARGE);
  const maildrop = maildropOver(fs, LARGE);
  const times = 200;
  const took = await each(async () => {
    for (let time = 0; time < times; time++) {
      const message = await maildrop.open(0, target);
      let octets = message.first;
      for (let read = octets; read > 0; octets += read) {
        const reading = message.read(target);
        read = reading instanceof Promise ? await reading : reading;
      }
      if (octets !== LARGE.length) throw new Error(`read ${octets} octets`);
      message.close();
    }
  });
  for (const name of readdirSync(join(root, "new"))) rmSync(join(root, "new", name));
  return (took * messages) / times;
}

/** Microseconds a message. */
async function each(step) {
  const start = performance.now();
  await step();
  return ((performance.now() - start) * 1000) / messages;
}

function median(values) {
  return Number(values.sort((one, other) => one - other)[values.length >> 1].toFixed(1));
}
