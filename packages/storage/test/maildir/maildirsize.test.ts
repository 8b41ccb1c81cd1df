import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { noteUsage, quotaOctets, tellUsage, type Usage } from "#storage/maildir/maildirsize";
import type { FileSystem } from "#storage/ports/file-system";
import { createFileSystem } from "#storage/ports/node-file-system";
import { FaultyFileSystem, failAt } from "../support/faulty-file-system.js";
import { temporaryDirectory } from "../support/maildir-builder.js";
import { IO_MODES } from "../support/maildrop-fixture.js";

function quotaIn(t: TestContext, content?: string): { root: string; path: string } {
  const root = temporaryDirectory(t);
  const path = join(root, "maildirsize");
  if (content !== undefined) fs.writeFileSync(path, content, "latin1");
  return { root, path };
}

const USAGE = { octets: 1_234_567_890_123, messages: 3 };
const LINE = "-1234567890123 -3\n";

const FILES = [
  {
    name: "with limits and lines",
    before: "10000000S,1000C\n   5000    10\n",
    after: `10000000S,1000C\n   5000    10\n${LINE}`,
  },
  { name: "with limits only", before: "0S\n", after: `0S\n${LINE}` },
  { name: "whose last line was cut off", before: "10S\n500 1", after: `10S\n500 1\n${LINE}` },
  { name: "whose first line was cut off", before: "10S", after: `10S\n${LINE}` },
  { name: "that nobody can read", before: "\xff\x00garbage\n", after: `\xff\x00garbage\n${LINE}` },
  { name: "that is empty, since the first line is not ours,", before: "", after: "" },
];

for (const io of IO_MODES) {
  const files = createFileSystem({ io });

  for (const { name, before, after } of FILES) {
    test(`ADR 0017, ${io}: a maildirsize ${name} ${before === after ? "stays" : "gets one line"}`, async (t) => {
      const { root, path } = quotaIn(t, before);
      await subtractUsage(files, root, USAGE);
      assert.equal(fs.readFileSync(path, "latin1"), after);
    });
  }

  test(`ADR 0017, ${io}: maildirsize is never made`, async (t) => {
    const { root } = quotaIn(t);
    await subtractUsage(files, root, USAGE);
    assert.deepEqual(fs.readdirSync(root), []);
  });

  test(`ADR 0017, ${io}: nothing removed, nothing written`, async (t) => {
    const { root, path } = quotaIn(t, "10S\n");
    await subtractUsage(files, root, { octets: 0, messages: 0 });
    assert.equal(fs.readFileSync(path, "latin1"), "10S\n");
  });

  test(`ADR 0017, ${io}: a symlink, a folder or a FIFO of that name is not written to`, async (t) => {
    const { root, path } = quotaIn(t);
    fs.writeFileSync(join(root, "elsewhere"), "10S\n");
    fs.symlinkSync("elsewhere", path);
    await subtractUsage(files, root, USAGE);
    assert.equal(fs.readFileSync(join(root, "elsewhere"), "latin1"), "10S\n");
    fs.unlinkSync(path);
    fs.mkdirSync(path);
    await subtractUsage(files, root, USAGE);
    fs.rmdirSync(path);
    execFileSync("mkfifo", [path]);
    await subtractUsage(files, root, USAGE);
  });

  test(`ADR 0017, ${io}: the line goes out in one write, and keeps what others append meanwhile`, async (t) => {
    const { root, path } = quotaIn(t, "10S\n");
    const busy = new FaultyFileSystem(files, ({ method }) => {
      if (method === "append") fs.appendFileSync(path, "100 1\n");
    });
    await subtractUsage(busy, root, USAGE);
    assert.equal(busy.calls.filter(({ method }) => method === "append").length, 1);
    assert.equal(fs.readFileSync(path, "latin1"), `10S\n100 1\n${LINE}`);
  });

  test(`ADR 0017, ${io}: a maildirsize that goes meanwhile is not made again`, async (t) => {
    const { root, path } = quotaIn(t, "10S\n");
    const busy = new FaultyFileSystem(files, ({ method }) => {
      if (method === "append") fs.unlinkSync(path);
    });
    await subtractUsage(busy, root, USAGE);
    assert.deepEqual(fs.readdirSync(root), []);
  });

  test(`ADR 0017, ${io}: a fault at any call is thrown, and leaves the file as it was`, async (t) => {
    for (const errno of ["EIO", "EACCES", "ENOSPC", "EDQUOT"]) {
      for (let index = 0; index < 4; index++) {
        const { root, path } = quotaIn(t, "10S\n");
        const faulty = new FaultyFileSystem(files, failAt(index, errno));
        await assert.rejects(subtractUsage(faulty, root, USAGE), { code: errno });
        assert.equal(fs.readFileSync(path, "latin1"), "10S\n");
      }
    }
  });
}

const NAMES = [
  { name: "1.M1.h,S=500:2,S", file: 480, octets: 500 },
  { name: "1.M1.h,S=500,W=510", file: 480, octets: 500 },
  { name: "1.M1.h,W=510", file: 480, octets: 480 },
  { name: "1.M1.h:2,S", file: 480, octets: 480 },
  { name: "1.M1.h,S=,W=1", file: 480, octets: 480 },
  { name: "1.M1.h:2,S,S=500", file: 480, octets: 480 },
];

for (const { name, file, octets } of NAMES) {
  test(`Maildir++: ${name} of ${file} octets counts ${octets}`, () => {
    assert.equal(quotaOctets(name, file), octets);
  });
}

async function subtractUsage(fs: FileSystem, root: string, { octets, messages }: Usage): Promise<void> {
  const note = await noteUsage(fs, root, { octets: -octets, messages: -messages });
  if (note !== undefined) await tellUsage(fs, root, note);
}
