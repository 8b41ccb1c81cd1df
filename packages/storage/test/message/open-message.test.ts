import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { type TestContext, test } from "node:test";
import type { Maildrop, MessageTable, OpenMessage } from "#storage/maildrop";
import type { FileSystem } from "#storage/ports/file-system";
import { createFileSystem } from "#storage/ports/node-file-system";
import { StorageError } from "#storage/storage-error";
import { descriptorsSettle, openDescriptors } from "../support/descriptors.js";
import { FaultyFileSystem, failAt, failEach, type Interference } from "../support/faulty-file-system.js";
import { MaildirBuilder } from "../support/maildir-builder.js";
import { canonicalOctets, IO_MODES, maildropOver, tableOf } from "../support/maildrop-fixture.js";

const PATH = "new/1700000001.M1P1.host,S=31";
const CONTENT = "Subject: one\n\nbody\r\nlast line\n!";
const TARGET = 64;

function opened(outcome: OpenMessage | "gone" | "unreadable"): OpenMessage {
  assert.ok(typeof outcome === "object", `is ${String(outcome)}`);
  return outcome;
}

/** The whole file, read as a driver reads it. */
async function contentOf(message: OpenMessage, size = TARGET): Promise<string> {
  let content = Buffer.from(message.chunk.subarray(0, message.first)).toString("latin1");
  const target = new Uint8Array(size);
  for (let read = await message.read(target); read > 0; read = await message.read(target)) {
    content += Buffer.from(target.subarray(0, read)).toString("latin1");
  }
  message.close();
  return content;
}

function worldIn(t: TestContext, io: "sync" | "async", interfere?: Interference, content = CONTENT) {
  const maildir = MaildirBuilder.in(t).put(PATH, content).put("cur/1700000002.M2P2.host:2,S", "other\n");
  const files = new FaultyFileSystem(createFileSystem({ io }), interfere);
  return { maildir, files, ...maildropOver(maildir, [PATH, "cur/1700000002.M2P2.host:2,S"], { fs: files }) };
}

const openFirst = async (maildrop: Maildrop, target = new Uint8Array(TARGET)) => await maildrop.open(0, target);
const methodsOf = (files: FaultyFileSystem): string[] => files.calls.map(({ method }) => method);

for (const io of IO_MODES) {
  test(`${io}: a message smaller than the target is open, read and close, and nothing else`, async (t) => {
    const { maildrop, files } = worldIn(t, io);
    const before = openDescriptors();
    const target = new Uint8Array(TARGET);
    const message = opened(await maildrop.open(0, target));
    assert.deepEqual(methodsOf(files), ["openRead", "read"]);
    assert.equal(message.chunk, target);
    assert.deepEqual([message.first, message.fileOctets, message.octets], [31, 31, canonicalOctets(CONTENT)]);
    assert.equal(await descriptorsSettle(before), before, "it is closed already");
    assert.equal(await contentOf(message), CONTENT);
    assert.deepEqual(methodsOf(files), ["openRead", "read"]);
  });

  const SIZES = [0, 1, TARGET - 1, TARGET, TARGET + 1, 2 * TARGET, 5_000, 300_000];
  for (const size of SIZES) {
    test(`${io}: a message of ${size} octets comes whole through a target of ${TARGET}`, async (t) => {
      const content = "line of text\n".repeat(size).slice(0, size);
      const { maildrop } = worldIn(t, io, undefined, content);
      const before = openDescriptors();
      const message = opened(await openFirst(maildrop));
      assert.equal(message.fileOctets, size);
      assert.equal(message.octets, canonicalOctets(content));
      assert.equal(message.first < TARGET, size < TARGET, "less than the target means all of it");
      assert.equal(await contentOf(message, 1_000), content);
      message.close();
      assert.equal(await descriptorsSettle(before), before);
    });
  }

  const MOVES = [
    { name: "a flag has been added", to: "cur/1700000001.M1P1.host,S=31:2,S" },
    { name: "an IMAP server has taken it from new/", to: "cur/1700000001.M1P1.host,S=31:2," },
    { name: "it stands in new/ with flags", to: "new/1700000001.M1P1.host,S=31:2,FS" },
    { name: "a field has been added to its name", to: "cur/1700000001.M1P1.host,S=31,W=33:2,S" },
    { name: "its info is one nobody knows", to: "cur/1700000001.M1P1.host,S=31:1,odd" },
    { name: "its flags are no ASCII", to: "cur/1700000001.M1P1.host,S=31:2,S\xff" },
  ];
  for (const { name, to } of MOVES) {
    test(`D5, ${io}: a message is found again when ${name}`, async (t) => {
      const { maildir, maildrop, files } = worldIn(t, io);
      maildir.rename(PATH, to);
      assert.equal(await contentOf(opened(await openFirst(maildrop))), CONTENT);
      files.calls.length = 0;
      opened(await openFirst(maildrop)).close();
      assert.deepEqual(methodsOf(files), ["openRead", "read"], "the session remembers where it is");
    });
  }

  test(`${io}: names are octets`, async (t) => {
    const path = "new/1700000001.M\xff\x80.h\xf6st";
    const maildir = MaildirBuilder.in(t).put(path, CONTENT);
    const { maildrop } = maildropOver(maildir, [path], { fs: createFileSystem({ io }) });
    assert.equal(await contentOf(opened(await openFirst(maildrop))), CONTENT);
    maildir.rename(path, `cur/${path.slice(4)}:2,S`);
    assert.equal(await contentOf(opened(await openFirst(maildrop))), CONTENT);
  });

  test(`${io}: a message is gone when two scans have missed it, and not before`, async (t) => {
    const { maildir, maildrop, files } = worldIn(t, io);
    maildir.remove(PATH);
    assert.equal(await openFirst(maildrop), "gone");
    assert.equal(methodsOf(files).filter((method) => method === "list").length, 4);
  });

  test(`${io}: a message that one scan has missed is found by the next`, async (t) => {
    const hidden = "tmp/hidden";
    let scans = 0;
    const { maildir, maildrop } = worldIn(t, io, ({ method, path }) => {
      if (method !== "list" || !path.endsWith("/new")) return;
      scans += 1;
      if (scans === 2) maildir.rename(hidden, "cur/1700000001.M1P1.host,S=31:2,S");
    });
    maildir.rename(PATH, hidden);
    assert.equal(await contentOf(opened(await openFirst(maildrop))), CONTENT);
  });

  test(`${io}: a message that is renamed each time it was found is unreadable, not gone`, async (t) => {
    let at = PATH;
    let moves = 0;
    const { maildir, maildrop } = worldIn(t, io, ({ method }) => {
      if (method !== "openRead") return;
      moves += 1;
      const next = `cur/1700000001.M1P1.host,S=31:2,${moves % 2 === 0 ? "S" : "F"}`;
      maildir.rename(at, next);
      at = next;
    });
    assert.equal(await openFirst(maildrop), "unreadable");
    assert.ok(moves < 20, `it gives up (after ${moves})`);
  });

  const SWAPS: readonly { name: string; swap: (path: Buffer) => void }[] = [
    { name: "a symlink to another message", swap: (path) => fs.symlinkSync("../cur/1700000002.M2P2.host:2,S", path) },
    { name: "a dangling symlink", swap: (path) => fs.symlinkSync("nowhere", path) },
    { name: "a folder", swap: (path) => fs.mkdirSync(path) },
    { name: "a FIFO", swap: (path) => execFileSync("mkfifo", [path.toString()]) },
  ];
  for (const { name, swap } of SWAPS) {
    test(`${io}: ${name} under the name of a message is unreadable`, async (t) => {
      const { maildir, maildrop } = worldIn(t, io);
      maildir.remove(PATH);
      swap(maildir.octets(PATH));
      const before = openDescriptors();
      assert.equal(await openFirst(maildrop), "unreadable");
      assert.equal(await descriptorsSettle(before), before);
    });
  }

  const FAULTS = ["EIO", "EACCES", "EMFILE", "ENFILE", "ELOOP"];
  for (const errno of FAULTS) {
    for (const { name, content, renamed } of [
      { name: "a small message", content: CONTENT, renamed: false },
      { name: "a large message", content: "x".repeat(500), renamed: false },
      { name: "a renamed message", content: CONTENT, renamed: true },
    ]) {
      test(`${io}: ${errno} at any call that opens ${name} is "unreadable" and leaks no descriptor`, async (t) => {
        const dry = worldIn(t, io, undefined, content);
        if (renamed) dry.maildir.rename(PATH, `cur/${PATH.slice(4)}:2,S`);
        opened(await openFirst(dry.maildrop)).close();
        for (let index = 0; index < dry.files.calls.length; index++) {
          const { maildir, maildrop } = worldIn(t, io, failAt(index, errno), content);
          if (renamed) maildir.rename(PATH, `cur/${PATH.slice(4)}:2,S`);
          const before = openDescriptors();
          assert.equal(await openFirst(maildrop), "unreadable", `call ${index}`);
          assert.equal(await descriptorsSettle(before), before, `call ${index}`);
        }
      });
    }
  }

  test(`D10, ${io}: a file that is not the size it had is counted again, remembered, and trusted from then on`, async (t) => {
    const { maildir, maildrop, learnt, files } = worldIn(t, io);
    const grown = "one\ntwo\nthree";
    maildir.put(PATH, grown);
    const expected = { octets: canonicalOctets(grown), fileOctets: grown.length };
    for (const calls of [["openRead", "read"], []]) {
      const message = opened(await openFirst(maildrop));
      assert.deepEqual([message.octets, message.fileOctets], [expected.octets, expected.fileOctets]);
      assert.equal(await contentOf(message), grown);
      if (calls.length === 0) assert.deepEqual(methodsOf(files), ["openRead", "read"]);
      files.calls.length = 0;
    }
    assert.deepEqual([...learnt.measures], [[0, expected]]);
  });

  for (const [name, now] of [
    ["shorter than the target", "tiny\n"],
    ["empty", ""],
    ["just as long as the target", "y".repeat(TARGET)],
    ["longer than the target", "line\n".repeat(100)],
  ] as const) {
    test(`D10, ${io}: a file that has become ${name} is announced as what it is`, async (t) => {
      const { maildir, maildrop, learnt } = worldIn(t, io);
      maildir.put(PATH, now);
      const message = opened(await openFirst(maildrop));
      assert.deepEqual([message.octets, message.fileOctets], [canonicalOctets(now), now.length]);
      assert.equal(await contentOf(message), now);
      assert.equal(learnt.measures.size, 1);
    });
  }

  test(`${io}: a file cut off while it is read gives what is there, and one that grows all of it`, async (t) => {
    for (const [length, expected] of [
      [100, 100],
      [0, TARGET],
      [700, 700],
    ] as const) {
      const { maildir, maildrop } = worldIn(t, io, undefined, "x".repeat(500));
      const message = opened(await openFirst(maildrop));
      fs.truncateSync(maildir.octets(PATH), length);
      assert.equal((await contentOf(message)).length, expected);
    }
  });

  test(`${io}: a message deleted while it is read is read to its end`, async (t) => {
    const { maildir, maildrop } = worldIn(t, io, undefined, "x".repeat(500));
    const message = opened(await openFirst(maildrop));
    maildir.remove(PATH);
    assert.equal((await contentOf(message)).length, 500);
  });

  test(`${io}: a read that fails is READ_FAILED with path and cause, and the message can be closed`, async (t) => {
    const { maildir, maildrop } = worldIn(t, io, failAt(3, "EIO"), "x".repeat(500));
    const before = openDescriptors();
    const message = opened(await openFirst(maildrop));
    await assert.rejects(
      async () => await message.read(new Uint8Array(10)),
      (error) =>
        error instanceof StorageError &&
        error.code === "READ_FAILED" &&
        error.path === `${maildir.root}/${PATH}` &&
        (error.cause as NodeJS.ErrnoException).code === "EIO",
    );
    message.close();
    message.close();
    assert.throws(() => message.read(new Uint8Array(10)), TypeError);
    assert.equal(await descriptorsSettle(before), before);
  });
}

class ClosingFileSystem extends FaultyFileSystem {
  closings = 0;

  override close(fd: number): void {
    this.closings += 1;
    super.close(fd);
  }
}

test("async: a message closed during a read keeps its descriptor until the read is over, and closes it once", async (t) => {
  const maildir = MaildirBuilder.in(t).put(PATH, "x".repeat(500));
  const files = new ClosingFileSystem(createFileSystem({ io: "async" }));
  const message = opened(await openFirst(maildropOver(maildir, [PATH], { fs: files }).maildrop));
  const reading = message.read(new Uint8Array(10));
  message.close();
  message.close();
  assert.equal(files.closings, 0);
  assert.equal(await reading, 10);
  message.close();
  assert.equal(files.closings, 1);
});

test("async: one read at a time", async (t) => {
  const { maildrop } = worldIn(t, "async", undefined, "x".repeat(500));
  const message = opened(await openFirst(maildrop));
  const reading = message.read(new Uint8Array(10));
  assert.throws(() => message.read(new Uint8Array(10)), TypeError);
  await reading;
  message.close();
});

test("sync: an opening that takes its time leaves the shared target alone", async (t) => {
  const { maildir, maildrop } = worldIn(t, "sync");
  maildir.rename(PATH, "cur/1700000001.M1P1.host,S=31:2,S");
  const shared = new Uint8Array(TARGET).fill(7);
  const outcome = maildrop.open(0, shared);
  assert.ok(outcome instanceof Promise);
  const message = opened(await outcome);
  assert.deepEqual(shared, new Uint8Array(TARGET).fill(7));
  assert.equal(message.chunk.length, TARGET);
  assert.equal(await contentOf(message), CONTENT);
});

/** Calls from the `slow`-th on take 25 ms: the root turns asynchronous in the middle of the opening. */
function slowFrom(slow: number): FileSystem {
  let now = 0;
  let ticks = 0;
  // Two looks at the clock a call.
  return createFileSystem({
    io: "auto",
    monotonic: () => (now += ++ticks > 2 * slow ? 25 : 0),
    processorWait: () => 0,
  });
}

for (const slow of [0, 1, 2, 3]) {
  for (const content of [CONTENT, "x".repeat(500)]) {
    test(`ADR 0015: a root that turns slow after ${slow} calls never reads ${content.length} octets into the shared target later`, async (t) => {
      const maildir = MaildirBuilder.in(t).put(PATH, content);
      const { maildrop } = maildropOver(maildir, [PATH], { fs: slowFrom(slow) });
      assert.ok(maildrop.readsAtOnce);
      const shared = new Uint8Array(TARGET).fill(7);
      const outcome = maildrop.open(0, shared);
      const atOnce = Buffer.from(shared);
      const message = opened(await outcome);
      assert.deepEqual(Buffer.from(shared), atOnce, "nothing is written after open has returned");
      assert.equal(message.chunk === shared, !(outcome instanceof Promise));
      assert.equal(await contentOf(message), content);
    });
  }
}

/** Some network file systems give less than was asked for. */
class HesitantFileSystem extends FaultyFileSystem {
  override read(fd: number, target: Uint8Array, position: number | null) {
    return super.read(fd, target.subarray(0, 7), position);
  }
}

test("a short read that is not the end of the file is read on: what is less than the target is all", async (t) => {
  const { maildir } = worldIn(t, "async", undefined, "x".repeat(40));
  const { maildrop } = maildropOver(maildir, [PATH], { fs: new HesitantFileSystem(createFileSystem({ io: "async" })) });
  assert.equal(opened(await openFirst(maildrop)).first, 40);
});

test("a fault of ours is no trouble of the message: it is thrown", async (t) => {
  const maildir = MaildirBuilder.in(t).put(PATH, CONTENT);
  const table: MessageTable = tableOf(maildir, [PATH]);
  const broken = () => {
    throw new TypeError("ours");
  };
  for (const method of ["openRead", "read"]) {
    const files = new FaultyFileSystem(createFileSystem({ io: "sync" }), (call) => {
      if (call.method === method) broken();
    });
    assert.throws(
      () => maildropOver(maildir, [PATH], { fs: files, table }).maildrop.open(0, new Uint8Array(9)),
      TypeError,
    );
  }
});

test("a maildrop whose folders cannot be searched leaves a moved message unreadable, not gone", async (t) => {
  for (const method of ["list", "next"]) {
    const { maildir, maildrop } = worldIn(t, "sync", failEach(method, "EACCES"));
    maildir.remove(PATH);
    assert.equal(await openFirst(maildrop), "unreadable");
  }
});
