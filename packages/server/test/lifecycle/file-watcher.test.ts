import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { Timer } from "#server/clock";
import { type FileWatcher, watchFiles } from "#server/lifecycle/file-watcher";
import { FakeClock } from "../support/fake-clock.js";
import { tempDirectory } from "../support/temp-directory.js";

const REPLACEMENTS: { name: string; lay: (folder: string) => string; change: (folder: string) => void }[] = [
  {
    name: "written in place",
    lay: (folder) => write(join(folder, "file"), "old"),
    change: (folder) => write(join(folder, "file"), "new"),
  },
  {
    name: "renamed over",
    lay: (folder) => write(join(folder, "file"), "old"),
    change: (folder) => renameSync(write(join(folder, ".file.tmp"), "new"), join(folder, "file")),
  },
  {
    name: "replaced by other content of the same size and time",
    lay: (folder) => dated(write(join(folder, "file"), "old")),
    change: (folder) => renameSync(dated(write(join(folder, "tmp"), "new")), join(folder, "file")),
  },
  {
    name: "made for the first time",
    lay: (folder) => join(folder, "file"),
    change: (folder) => write(join(folder, "file"), "new"),
  },
  {
    name: "made together with its folder",
    lay: (folder) => join(folder, "not", "yet", "file"),
    change: (folder) => {
      mkdirSync(join(folder, "not", "yet"), { recursive: true });
      write(join(folder, "not", "yet", "file"), "new");
    },
  },
  {
    name: "a link that is swapped, as in certbot's live/",
    lay: (folder) => {
      mkdirSync(join(folder, "live"));
      mkdirSync(join(folder, "archive"));
      write(join(folder, "archive", "cert1.pem"), "old");
      write(join(folder, "archive", "cert2.pem"), "new");
      symlinkSync("../archive/cert1.pem", join(folder, "live", "cert.pem"));
      return join(folder, "live", "cert.pem");
    },
    change: (folder) => {
      unlinkSync(join(folder, "live", "cert.pem"));
      symlinkSync("../archive/cert2.pem", join(folder, "live", "cert.pem"));
    },
  },
  {
    name: "a link whose target is written",
    lay: (folder) => {
      mkdirSync(join(folder, "elsewhere"));
      mkdirSync(join(folder, "here"));
      symlinkSync(write(join(folder, "elsewhere", "target"), "old"), join(folder, "here", "file"));
      return join(folder, "here", "file");
    },
    change: (folder) => renameSync(write(join(folder, "elsewhere", "tmp"), "new"), join(folder, "elsewhere", "target")),
  },
  {
    name: "below the ..data of Kubernetes when that is swapped",
    lay: (folder) => {
      for (const [version, text] of [
        ["..1", "old"],
        ["..2", "new"],
      ] as const) {
        mkdirSync(join(folder, version));
        write(join(folder, version, "file"), text);
      }
      symlinkSync("..1", join(folder, "..data"));
      symlinkSync("..data/file", join(folder, "file"));
      return join(folder, "file");
    },
    change: (folder) => {
      symlinkSync("..2", join(folder, "..data_tmp"));
      renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
      rmSync(join(folder, "..1"), { recursive: true });
    },
  },
  {
    name: "in a folder that is a link to a release and is swapped",
    lay: (folder) => {
      for (const [release, text] of [
        ["1", "old"],
        ["2", "new"],
      ] as const) {
        mkdirSync(join(folder, release, "etc"), { recursive: true });
        write(join(folder, release, "etc", "file"), text);
      }
      symlinkSync("1", join(folder, "current"));
      return join(folder, "current", "etc", "file");
    },
    change: (folder) => {
      symlinkSync("2", join(folder, "next"));
      renameSync(join(folder, "next"), join(folder, "current"));
    },
  },
  {
    name: "a FIFO in its place",
    lay: (folder) => write(join(folder, "file"), "old"),
    change: (folder) => {
      unlinkSync(join(folder, "file"));
      execFileSync("mkfifo", [join(folder, "file")]);
    },
  },
  {
    name: "deleted",
    lay: (folder) => write(join(folder, "file"), "old"),
    change: (folder) => unlinkSync(join(folder, "file")),
  },
];

for (const { name, lay, change } of REPLACEMENTS) {
  test(`a change is seen: ${name}`, async (t) => {
    const folder = tempDirectory(t);
    const path = lay(folder);
    const { next } = await watchAll(t, [path]);
    change(folder);
    assert.deepEqual(await next(), [path]);
  });
}

test("a file that is deleted and made again is seen each time, also the second time", async (t) => {
  const file = write(join(tempDirectory(t), "file"), "old");
  const { next } = await watchAll(t, [file]);
  for (const text of ["second", "third"]) {
    unlinkSync(file);
    assert.deepEqual(await next(), [file], "gone");
    write(file, text);
    assert.deepEqual(await next(), [file], text);
  }
});

test("a link that is swapped again and again is seen each time", async (t) => {
  const folder = tempDirectory(t);
  for (const version of ["1", "2", "3"]) {
    mkdirSync(join(folder, `..${version}`));
    write(join(folder, `..${version}`, "file"), version);
  }
  symlinkSync("..1", join(folder, "..data"));
  symlinkSync("..data/file", join(folder, "file"));
  const { next } = await watchAll(t, [join(folder, "file")]);
  for (const version of ["2", "3", "1"]) {
    symlinkSync(`..${version}`, join(folder, "tmp"));
    renameSync(join(folder, "tmp"), join(folder, "..data"));
    assert.deepEqual(await next(), [join(folder, "file")], version);
  }
});

test("only content counts: a touched file, a neighbour and a rewrite of the same text are no change", async (t) => {
  const folder = tempDirectory(t);
  const [file, other] = [write(join(folder, "file"), "same"), write(join(folder, "other"), "old")];
  const { next } = await watchAll(t, [file, other]);
  utimesSync(file, 1, 1);
  write(join(folder, "neighbour"), "busy");
  renameSync(write(join(folder, "tmp"), "same"), file);
  write(other, "new");
  assert.deepEqual(await next(), [other]);
});

test("files that change together are told together", async (t) => {
  const folder = tempDirectory(t);
  const files = ["cert.pem", "key.pem"].map((name) => write(join(folder, name), "old"));
  const { next } = await watchAll(t, files);
  for (const file of files) write(file, "new");
  assert.deepEqual(await next(), files);
});

test("a file that is watched from now on is seen, and one that is not any more is not", async (t) => {
  const [one, two] = [tempDirectory(t), tempDirectory(t)];
  const [old, fresh] = [write(join(one, "file"), "a"), write(join(two, "file"), "a")];
  const { watcher, next } = await watchAll(t, [old]);
  watcher.update([fresh]);
  write(old, "b");
  write(fresh, "b");
  assert.deepEqual(await next(), [fresh]);
});

test("after close nothing is told", async (t) => {
  const file = write(join(tempDirectory(t), "file"), "old");
  const clock = new FakeClock();
  const watcher = watchFiles([file], () => assert.fail(), { clock, onError: (cause) => assert.fail(String(cause)) });
  await watcher.ready;
  write(file, "new");
  await watcher.close();
  clock.advance(1000);
});

test("what changes while the watches are being set is found without an event", async (t) => {
  const file = write(join(tempDirectory(t), "file"), "old");
  const clock = new FakeClock();
  const told: unknown[] = [];
  const watcher = watchFiles([file], (changed) => told.push(changed), {
    clock,
    onError: (cause) => assert.fail(String(cause)),
  });
  t.after(() => watcher.close());
  write(file, "new");
  await watcher.ready;
  clock.advance(250);
  assert.deepEqual(told, [[file]]);
});

test("a loop of links and a path that never exists harm nobody", async (t) => {
  const folder = tempDirectory(t);
  symlinkSync("b", join(folder, "a"));
  symlinkSync("a", join(folder, "b"));
  const file = write(join(folder, "file"), "old");
  const { next } = await watchAll(t, [join(folder, "a"), "/nowhere/at/all", file]);
  write(file, "new");
  assert.deepEqual(await next(), [file]);
});

interface Watching {
  readonly watcher: FileWatcher;
  /** What is told next. The time after an event is cut short, so what is told here was told because of an event. */
  next(): Promise<unknown>;
}

async function watchAll(t: TestContext, paths: readonly string[]): Promise<Watching> {
  const told: (readonly string[])[] = [];
  const clock = new ImpatientClock();
  const onError = (cause: unknown): never => assert.fail(String(cause));
  const watcher = watchFiles(paths, (changed) => void told.push(changed), { clock, onError });
  t.after(() => watcher.close());
  await watcher.ready;
  clock.advance(250);
  assert.deepEqual(told, [], "the comparison after the start is over");
  const next = async (): Promise<unknown> => {
    while (told.length === 0) {
      await clock.timer();
      clock.advance(250);
    }
    return told.shift();
  };
  return { watcher, next };
}

/** Tells when a timer has been started. */
class ImpatientClock extends FakeClock {
  #wake = (): void => undefined;

  override after(ms: number, fire: () => void): Timer {
    this.#wake();
    return super.after(ms, fire);
  }

  async timer(): Promise<void> {
    // What chokidar is about to say is said first, so that events of one change are taken together.
    if (this.pending === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    await turn();
  }
}

function write(path: string, text: string): string {
  writeFileSync(path, text);
  return path;
}

function dated(path: string): string {
  utimesSync(path, 1_000_000_000, 1_000_000_000);
  return path;
}
