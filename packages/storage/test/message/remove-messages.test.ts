import assert from "node:assert/strict";
import * as fs from "node:fs";
import { type TestContext, test } from "node:test";
import type { RemovalReport } from "#storage/maildrop";
import { createFileSystem } from "#storage/ports/node-file-system";
import { StorageError } from "#storage/storage-error";
import { descriptorsSettle, openDescriptors } from "../support/descriptors.js";
import {
  actAt,
  crashAt,
  FaultyFileSystem,
  failAt,
  failEach,
  type Interference,
} from "../support/faulty-file-system.js";
import { MaildirBuilder } from "../support/maildir-builder.js";
import { IO_MODES, maildropOver } from "../support/maildrop-fixture.js";

// Positions 0–2 are to be removed; 3 and 4 are not.
const PATHS = [
  "new/1700000001.M1.host",
  "cur/1700000002.M2.host,S=11:2,",
  "cur/1700000003.M3.host:2,S",
  "new/1700000004.M4.host",
  "cur/1700000005.M5.host:2,F",
];
const DOOMED = [0, 1, 2];
const SPARED = [3, 4];
const QUOTA = "10000S\n1000 5\n";

const contentOf = (position: number): string => `message ${position}${"!".repeat(position)}\n`;
const uniqueName = (path: string): string => path.slice(4).replace(/[,:].*$/, "");
const remains = (maildir: MaildirBuilder, position: number): string[] =>
  maildir.paths().filter((path) => uniqueName(path) === uniqueName(PATHS[position] ?? ""));

function worldIn(t: TestContext, io: "sync" | "async", interfere?: (maildir: MaildirBuilder) => Interference) {
  const maildir = MaildirBuilder.in(t);
  for (const [position, path] of PATHS.entries()) maildir.put(path, contentOf(position));
  maildir.put("maildirsize", QUOTA);
  const files = new FaultyFileSystem(createFileSystem({ io }), interfere?.(maildir));
  return { maildir, files, ...maildropOver(maildir, PATHS, { fs: files }) };
}

interface Allowance {
  /** Positions that others may have removed. */
  readonly deletedByOthers?: readonly number[] | undefined;
  /** The call that told the quota was answered by "no such file". */
  readonly quotaMayMiss?: boolean;
  /** The lock was lost: maildirsize is told by whoever finishes the update. */
  readonly quotaIsLeftToNext?: boolean;
}

/** Every position is reported once, and the disk agrees; what was not asked for is untouched. */
function assertHonest(
  world: ReturnType<typeof worldIn>,
  report: RemovalReport,
  { deletedByOthers = [], quotaMayMiss = false, quotaIsLeftToNext = false }: Allowance = {},
): void {
  const { maildir, learnt } = world;
  const reported = [...report.removed, ...report.failed].map(({ position }) => position).sort();
  assert.deepEqual(reported, DOOMED);
  for (const { position } of report.removed) assert.deepEqual(filesAmong(maildir, remains(maildir, position)), []);
  for (const { position } of report.failed) {
    if (!deletedByOthers.includes(position)) assert.equal(remains(maildir, position).length, 1, `${position} is there`);
  }
  for (const position of SPARED) {
    const [path, ...copies] = remains(maildir, position);
    assert.deepEqual(copies, []);
    assert.equal(maildir.read(path ?? ""), contentOf(position));
  }
  assert.deepEqual([...learnt.forgotten].sort(), report.removed.map(({ position }) => position).sort());
  if (quotaIsLeftToNext) assert.equal(maildir.read("maildirsize"), QUOTA);
  else if (!quotaMayMiss) assertQuota(world, report);
}

function filesAmong(maildir: MaildirBuilder, paths: readonly string[]): string[] {
  return paths.filter((path) => fs.lstatSync(maildir.octets(path)).isFile());
}

/** maildirsize has lost what was unlinked, or a trouble has told that it has not. */
function assertQuota({ maildir, learnt }: ReturnType<typeof worldIn>, { removed }: RemovalReport): void {
  if (!maildir.has("maildirsize")) return;
  const unlinked = removed.filter(({ how }) => how === "unlinked");
  const octets = unlinked.reduce((sum, { position }) => sum + contentOf(position).length, 0);
  const line =
    unlinked.length === 0 || learnt.troubles.some(({ code }) => code === "QUOTA_FAILED")
      ? ""
      : `-${octets} -${unlinked.length}\n`;
  assert.equal(maildir.read("maildirsize"), QUOTA + line);
}

const renameIfThere = (maildir: MaildirBuilder, from: string, to: string): void => {
  if (maildir.has(from)) maildir.rename(from, to);
};
const removeIfThere = (maildir: MaildirBuilder, path: string): void => {
  if (maildir.has(path)) maildir.remove(path);
};

interface Deed {
  readonly name: string;
  readonly act: (maildir: MaildirBuilder) => void;
  /** Positions that others may have removed. */
  readonly deletes?: readonly number[];
}

const DEEDS: readonly Deed[] = [
  {
    name: "a flag is set",
    act: (m) => renameIfThere(m, "cur/1700000002.M2.host,S=11:2,", "cur/1700000002.M2.host,S=11:2,S"),
  },
  {
    name: "a message goes from new/ to cur/",
    act: (m) => renameIfThere(m, "new/1700000001.M1.host", "cur/1700000001.M1.host:2,"),
  },
  {
    name: "all are renamed",
    act: (m) => {
      for (const path of m.paths())
        if (!path.endsWith("T")) m.rename(path, `cur/${path.slice(4).replace(/:.*$/, "")}:2,T`);
    },
  },
  { name: "a message is deleted", act: (m) => removeIfThere(m, "cur/1700000003.M3.host:2,S"), deletes: [2] },
  {
    name: "all of them are deleted",
    act: (m) => {
      for (const position of DOOMED) for (const path of remains(m, position)) m.remove(path);
    },
    deletes: DOOMED,
  },
  { name: "a message arrives", act: (m) => m.put("new/1700000009.M9.host", "new\n") },
  {
    name: "a message is replaced by a symlink to another",
    act: (m) => {
      removeIfThere(m, "cur/1700000003.M3.host:2,S");
      fs.symlinkSync("1700000005.M5.host:2,F", m.octets("cur/1700000003.M3.host:2,S"));
    },
    deletes: [2],
  },
  {
    name: "a message is replaced by a folder",
    act: (m) => {
      removeIfThere(m, "cur/1700000003.M3.host:2,S");
      fs.mkdirSync(m.octets("cur/1700000003.M3.host:2,S"));
    },
    deletes: [2],
  },
  { name: "maildirsize goes", act: (m) => removeIfThere(m, "maildirsize") },
];

const ERRNOS = ["EIO", "EACCES", "ENOSPC", "EMFILE", "EROFS", "EPERM", "ENOENT", "ESTALE"];
const byCall = (one: { position: number }, other: { position: number }) => one.position - other.position;

for (const io of IO_MODES) {
  test(`${io}: messages are unlinked, the quota told in one line, the index told to forget`, async (t) => {
    const world = worldIn(t, io);
    const report = await world.maildrop.remove(DOOMED);
    assertHonest(world, report);
    assert.deepEqual(
      [...report.removed].sort(byCall),
      DOOMED.map((position) => ({ position, path: PATHS[position], how: "unlinked" })),
    );
    assert.equal(world.maildir.read("maildirsize"), `${QUOTA}-33 -3\n`);
  });

  test(`D4, ${io}: renamed messages are found and removed, with one scan for all of them`, async (t) => {
    const world = worldIn(t, io);
    for (const path of PATHS) world.maildir.rename(path, `cur/${path.slice(4).replace(/:.*$/, "")}:2,ST`);
    const report = await world.maildrop.remove(DOOMED);
    assertHonest(world, report);
    assert.deepEqual([...report.removed].sort(byCall)[0], {
      position: 0,
      path: "cur/1700000001.M1.host:2,ST",
      how: "unlinked",
    });
    assert.equal(world.files.calls.filter(({ method }) => method === "list").length, 2);
  });

  test(`${io}: messages that others have removed count as removed, after two scans for all of them`, async (t) => {
    const world = worldIn(t, io);
    for (const position of DOOMED) world.maildir.remove(PATHS[position] ?? "");
    const report = await world.maildrop.remove(DOOMED);
    assertHonest(world, report);
    assert.deepEqual(
      report.removed.map(({ how }) => how),
      ["gone", "gone", "gone"],
    );
    assert.equal(world.files.calls.filter(({ method }) => method === "list").length, 4);
    assert.equal(world.maildir.read("maildirsize"), QUOTA, "whoever removed them has told the quota");
  });

  test(`${io}: a symlink or a folder under the name of a message is neither followed nor removed`, async (t) => {
    const world = worldIn(t, io);
    const [link = "", folder = ""] = PATHS;
    world.maildir.remove(link).remove(folder);
    fs.symlinkSync("1700000004.M4.host", world.maildir.octets(link));
    fs.mkdirSync(world.maildir.octets(folder));
    const report = await world.maildrop.remove(DOOMED);
    assertHonest(world, report);
    assert.deepEqual(
      [...report.removed].sort(byCall).map(({ how }) => how),
      ["gone", "gone", "unlinked"],
    );
    assert.equal(fs.readlinkSync(world.maildir.octets(link)), "1700000004.M4.host");
    assert.ok(fs.statSync(world.maildir.octets(folder)).isDirectory());
  });

  test(`${io}: a position named twice is removed once`, async (t) => {
    const world = worldIn(t, io);
    assertHonest(world, await world.maildrop.remove([2, 0, 1, 0, 2]));
  });

  test(`${io}: no position, no call`, async (t) => {
    const { maildrop, files } = worldIn(t, io);
    assert.deepEqual({ ...(await maildrop.remove([])) }, { removed: [], failed: [] });
    assert.deepEqual(files.calls, []);
  });

  for (const { name, act, deletes } of DEEDS) {
    test(`${io}: whenever ${name}, the report is true and no other message is lost`, async (t) => {
      const calls = await callsOf(t, io);
      for (let index = 0; index < calls; index++) {
        const world = worldIn(t, io, (maildir) => actAt(index, () => act(maildir)));
        assertHonest(world, await world.maildrop.remove(DOOMED), { deletedByOthers: deletes });
      }
    });
  }

  for (const errno of ERRNOS) {
    test(`${io}: ${errno} at any call fails at most what it touches and leaks no descriptor`, async (t) => {
      for (const renamed of [false, true]) {
        for (let index = 0; index < 20; index++) {
          const world = worldIn(t, io, () => failAt(index, errno));
          if (renamed) for (const path of PATHS) world.maildir.rename(path, `${path.replace(/:.*$/, "")}:2,T`);
          const before = openDescriptors();
          assertHonest(world, await world.maildrop.remove(DOOMED), { quotaMayMiss: errno === "ENOENT" });
          assert.equal(await descriptorsSettle(before), before);
        }
      }
    });
  }

  for (const errno of ["EIO", "EACCES", "EROFS"]) {
    test(`D2, ${io}: a message that cannot be unlinked (${errno}) fails with its cause, the others go`, async (t) => {
      const world = worldIn(t, io, () => failEach("unlink", errno, "M2.host,S=11:2,"));
      const report = await world.maildrop.remove(DOOMED);
      assertHonest(world, report);
      assert.deepEqual(
        report.failed.map(({ position, cause }) => [position, (cause as NodeJS.ErrnoException).code]),
        [[1, errno]],
      );
    });
  }

  test(`${io}: when the folders cannot be searched, what is missing has failed: nothing is said to be gone`, async (t) => {
    const world = worldIn(t, io, () => failEach("list", "EIO"));
    world.maildir.rename("new/1700000001.M1.host", "cur/1700000001.M1.host:2,S");
    const report = await world.maildrop.remove(DOOMED);
    assertHonest(world, report);
    assert.deepEqual(
      report.failed.map(({ position }) => position),
      [0],
    );
  });

  test(`${io}: a message that is renamed each time it was found has failed as restless`, async (t) => {
    let turn = 0;
    const world = worldIn(t, io, (maildir) => ({ method, path }) => {
      if (method === "lstat" && path.includes("M1.host")) {
        for (const at of remains(maildir, 0))
          maildir.rename(at, `cur/1700000001.M1.host:2,${"abcdefghijklmnopqrstuvwxyz"[turn++ % 26]}`);
      }
    });
    const report = await world.maildrop.remove(DOOMED);
    assertHonest(world, report);
    const [failure] = report.failed;
    assert.ok(failure?.cause instanceof StorageError && failure.cause.code === "RESTLESS");
  });

  test(`${io}: once the caller's leave is withdrawn nothing more is removed`, async (t) => {
    let asked = 0;
    const world = worldIn(t, io);
    // Before the journal, and before the first message.
    const report = await world.maildrop.remove(DOOMED, () => ++asked <= 2);
    assertHonest(world, report, { quotaIsLeftToNext: true });
    assert.ok(world.maildir.has("postigo.journal"), "the next session finishes it");
    assert.deepEqual(
      report.removed.map(({ position }) => position),
      [0],
    );
    for (const { cause } of report.failed) assert.ok(cause instanceof StorageError && cause.code === "STOPPED");
  });

  test(`${io}: a process that dies at any call loses nothing that was not to be removed`, async (t) => {
    for (let index = 0; index < 12; index++) {
      const world = worldIn(t, io, () => crashAt(index));
      await world.maildrop.remove(DOOMED).catch(() => undefined);
      for (const position of SPARED) assert.equal(world.maildir.read(PATHS[position] ?? ""), contentOf(position));
      assert.match(world.maildir.read("maildirsize"), /^10000S\n1000 5\n(-33 -3\n)?$/);
    }
  });

  test(`${io}: renamed messages cost one scan, however many`, async (t) => {
    const maildir = MaildirBuilder.in(t);
    const paths = Array.from({ length: 2_000 }, (_, index) => `new/17${String(index).padStart(8, "0")}.M1.host`);
    for (const path of paths) maildir.put(path, "");
    const files = new FaultyFileSystem(createFileSystem({ io }));
    const { maildrop } = maildropOver(maildir, paths, { fs: files });
    for (const path of paths) maildir.rename(path, `cur/${path.slice(4)}:2,S`);
    const { removed, failed } = await maildrop.remove(paths.map((_, position) => position));
    assert.deepEqual([removed.length, failed.length, maildir.paths().length], [2_000, 0, 0]);
    assert.equal(files.calls.filter(({ method }) => method === "list").length, 2);
  });
}

/** Calls that a removal makes, with some to spare for one that is disturbed. */
async function callsOf(t: TestContext, io: "sync" | "async"): Promise<number> {
  const { maildrop, files } = worldIn(t, io);
  await maildrop.remove(DOOMED);
  return files.calls.length + 4;
}
