// The sink on real files: a full disk, a pipe nobody reads, a file that logrotate moves away.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { constants, mkdirSync, openSync, readFileSync, readSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { LineSink } from "#server/log/line-sink";
import { temporaryFolder } from "./temporary-folder.js";

const silent = (): void => undefined;

test("lines come out in order, however many wait", async (t) => {
  const file = join(temporaryFolder(t), "log");
  const sink = new LineSink(file, silent);
  const lines = Array.from({ length: 5000 }, (_, number) => `line ${number} é`);
  for (const line of lines) sink.write(line);
  await sink.drained();
  assert.equal(readFileSync(file, "utf8"), `${lines.join("\n")}\n`);
});

test("a log that exists is continued, and a new one is not readable by everybody", async (t) => {
  const file = join(temporaryFolder(t), "log");
  for (const line of ["one", "two"]) {
    const sink = new LineSink(file, silent);
    sink.write(line);
    await sink.drained();
  }
  assert.equal(readFileSync(file, "utf8"), "one\ntwo\n");
  assert.equal(statSync(file).mode & 0o007, 0);
});

test("a file that cannot be opened is told at once", (t) => {
  const folder = temporaryFolder(t);
  assert.throws(() => new LineSink(join(folder, "no", "log"), silent), { code: "ENOENT" });
  assert.throws(() => new LineSink(folder, silent), { code: "EISDIR" });
});

test("a FIFO that nobody reads is told at once too, and waits for nobody", (t) => {
  const pipe = join(temporaryFolder(t), "pipe");
  execFileSync("mkfifo", [pipe]);
  assert.throws(() => new LineSink(pipe, silent), { code: "ENXIO" });
});

test("after logrotate has moved the file, reopening goes on in a new one, without loss", async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "log");
  const sink = new LineSink(file, silent);
  sink.write("before");
  await sink.drained();
  renameSync(file, `${file}.1`);
  sink.write("between");
  sink.reopen();
  sink.write("after");
  await sink.drained();
  const both = `${readFileSync(`${file}.1`, "utf8")}${readFileSync(file, "utf8")}`;
  assert.equal(both, "before\nbetween\nafter\n");
  assert.match(readFileSync(file, "utf8"), /after\n$/);
});

test("when the new file cannot be opened, the old one stays", async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "log");
  const sink = new LineSink(file, silent);
  renameSync(file, `${file}.1`);
  mkdirSync(file);
  assert.throws(() => sink.reopen());
  sink.write("still here");
  await sink.drained();
  assert.equal(readFileSync(`${file}.1`, "utf8"), "still here\n");
});

test("a full disk costs lines, never the server", async () => {
  const lost: unknown[] = [];
  const sink = new LineSink("/dev/full", (...what) => lost.push(what));
  sink.write("one");
  sink.write("two");
  await sink.drained();
  sink.write("three");
  await sink.drained();
  assert.deepEqual(lost, [], "nothing can be told while the disk is full");
  sink.flushNow();
});

test("what was lost is told once lines can be written again, with the reason", async (t) => {
  const pipe = join(temporaryFolder(t), "pipe");
  execFileSync("mkfifo", [pipe]);
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const lost: unknown[] = [];
  const sink = new LineSink(pipe, (...what) => lost.push(what));
  const long = "x".repeat(1_048_576);
  for (let line = 0; line < 10; line++) sink.write(long);
  const { length: received } = await readUntilDrained(reader, { sinks: [sink], atATime: 1_048_576 });
  assert.deepEqual(lost, [[7, "the reader of the log is too slow"]]);
  assert.equal(received, 3 * (long.length + 1));
});

test("nothing grows while the reader sleeps", async (t) => {
  const pipe = join(temporaryFolder(t), "pipe");
  execFileSync("mkfifo", [pipe]);
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const sink = new LineSink(pipe, silent);
  const before = process.memoryUsage().heapUsed;
  for (let line = 0; line < 200_000; line++) sink.write("y".repeat(1000));
  assert.ok(process.memoryUsage().heapUsed - before < 64 * 1_048_576);
  await readUntilDrained(reader, { sinks: [sink], atATime: 1_048_576 });
});

const readSome = (reader: number, chunk: Buffer): number => {
  try {
    return readSync(reader, chunk);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return 0;
    throw error;
  }
};

test("lines of several processes that share a pipe stay whole", async (t) => {
  const pipe = join(temporaryFolder(t), "pipe");
  execFileSync("mkfifo", [pipe]);
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const sinks = ["one", "two"].map((name) => ({ name, sink: new LineSink(pipe, silent) }));
  for (const { name, sink } of sinks) {
    for (let line = 0; line < LINES; line++) sink.write(`${name} ${line} ${"x".repeat(line % 300)}`);
  }
  // Much less at a time than both want to write: their batches meet in the pipe.
  const octets = await readUntilDrained(reader, { sinks: sinks.map(({ sink }) => sink), atATime: 1_000 });
  const lines = octets.toString().split("\n").slice(0, -1);
  assert.deepEqual(
    lines.filter((line) => !/^(one|two) \d+ x*$/.test(line)),
    [],
  );
  assert.equal(lines.length, 2 * LINES);
});

/** Many times what a pipe takes at once. */
const LINES = 5_000;

/** What came out of the pipe until the sinks had nothing left. */
const readUntilDrained = async (
  reader: number,
  { sinks, atATime }: { readonly sinks: readonly LineSink[]; readonly atATime: number },
): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let areDrained = false;
  void Promise.all(sinks.map((sink) => sink.drained())).then(() => {
    areDrained = true;
  });
  for (;;) {
    const chunk = Buffer.alloc(atATime);
    const read = readSome(reader, chunk);
    chunks.push(chunk.subarray(0, read));
    if (read === 0 && areDrained) return Buffer.concat(chunks);
    await new Promise(setImmediate);
  }
};
