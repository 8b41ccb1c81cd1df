import assert from "node:assert/strict";
import { test } from "node:test";
import type { Measured } from "#storage/message/octet-count";
import { createFileSystem } from "#storage/ports/node-file-system";
import { FaultyFileSystem, failEach } from "../support/faulty-file-system.js";
import { MaildirBuilder } from "../support/maildir-builder.js";
import { maildropOver } from "../support/maildrop-fixture.js";

const PATHS = ["new/1.M1.h", "new/2.M2.h"];

test("closing saves once, however often it is asked", async (t) => {
  const { maildrop, learnt } = maildropOver(MaildirBuilder.in(t), []);
  await Promise.all([maildrop.close(), maildrop.close()]);
  await maildrop.close();
  assert.equal(learnt.closings, 1);
});

test("closing that fails rejects, also the second time, and is not tried again", async (t) => {
  let tries = 0;
  const onClose = () => {
    tries += 1;
    throw new Error("disk full");
  };
  const { maildrop } = maildropOver(MaildirBuilder.in(t), [], { onClose });
  await assert.rejects(maildrop.close(), /disk full/);
  await assert.rejects(maildrop.close(), /disk full/);
  assert.equal(tries, 1);
});

test("octets that turned out wrong while sending are remembered for the next openings", async (t) => {
  const maildir = MaildirBuilder.in(t).put("new/1.M1.h", "one\n").put("new/2.M2.h", "two\n");
  const { maildrop, learnt } = maildropOver(maildir, PATHS);
  maildrop.correctOctets(1, 77);
  const expected: Measured = { octets: 77, fileOctets: 4 };
  assert.deepEqual([...learnt.measures], [[1, expected]]);
  const message = await maildrop.open(1, new Uint8Array(10));
  assert.ok(typeof message === "object");
  assert.equal(message.octets, 77);
  assert.equal(maildrop.messages.octetsAt(1), 5, "the table is shared and does not change");
});

test("readsAtOnce follows the file system", (t) => {
  const maildir = MaildirBuilder.in(t);
  for (const [io, readsAtOnce] of [
    ["sync", true],
    ["async", false],
  ] as const) {
    assert.equal(maildropOver(maildir, [], { fs: createFileSystem({ io }) }).maildrop.readsAtOnce, readsAtOnce);
  }
});

test("ADR 0017: a quota that cannot be told is a trouble for the log and no failure of the removal", async (t) => {
  const maildir = MaildirBuilder.in(t).put("new/1.M1.h").put("new/2.M2.h").put("maildirsize", "10S\n");
  const fs = new FaultyFileSystem(createFileSystem({ io: "sync" }), failEach("append", "ENOSPC"));
  const { maildrop, learnt } = maildropOver(maildir, PATHS, { fs });
  const { removed, failed } = await maildrop.remove([0, 1]);
  assert.deepEqual([removed.length, failed.length], [2, 0]);
  assert.deepEqual(
    learnt.troubles.map(({ code, path }) => [code, path]),
    [["QUOTA_FAILED", `${maildir.root}/maildirsize`]],
  );
});

test("ADR 0017: the quota gets the octets that the names tell, else those of the files", async (t) => {
  const paths = ["new/1.M1.h,S=1000", "new/2.M2.h"];
  const maildir = MaildirBuilder.in(t)
    .put(paths[0] ?? "", "xx")
    .put(paths[1] ?? "", "four")
    .put("maildirsize", "10S\n");
  await maildropOver(maildir, paths).maildrop.remove([0, 1]);
  assert.equal(maildir.read("maildirsize"), "10S\n-1004 -2\n");
});
