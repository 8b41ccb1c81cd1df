import assert from "node:assert/strict";
import { test } from "node:test";
import { checksumOf } from "#storage/uid/checksum";
import { encodeJournal, encodeOver, encodeUsage, type Intent, parseJournal } from "#storage/update/journal";

const INODE = 12_345_678_901_234_567_890n;
const JOURNAL: Intent = {
  disposal: "hold",
  quotaInode: INODE,
  debt: { inode: INODE, offset: 17, octets: -99, messages: -3 },
  messages: [
    { uniqueName: "1700000001.M1P1.host", octets: 0, file: "42.1795557114274259455" },
    {
      uniqueName: "with space, line\nfeed, %41, \xff\x00 and end 2 00000000",
      octets: 999_999_999_999_999,
      file: undefined,
    },
    { uniqueName: "-", octets: 1, file: undefined },
  ],
};
const NOTHING = { usage: undefined, isOver: false };
const NOTE = { inode: INODE, offset: 512, octets: -1_234, messages: -2 };

test("what is written is read, whatever the names are", () => {
  assert.deepEqual(parseJournal(encodeJournal(JOURNAL)), { ...JOURNAL, ...NOTHING });
  const none = { disposal: "unlink", quotaInode: undefined, debt: undefined, messages: [] } as const;
  assert.deepEqual(parseJournal(encodeJournal(none)), { ...none, ...NOTHING });
});

test("the form on disk is the documented one", () => {
  const octets = encodeJournal({
    disposal: "unlink",
    quotaInode: 7n,
    debt: { inode: 7n, offset: 20, octets: -8, messages: -1 },
    messages: [
      { uniqueName: "1.a b", octets: 5, file: "3.4" },
      { uniqueName: "2.a", octets: 6, file: undefined },
    ],
  });
  const text = "postigo-journal 2 unlink 7\ndebt 20 -8 -1\n5 3.4 1.a%20b\n6 - 2.a\n";
  assert.equal(Buffer.from(octets).toString("latin1"), `${text}end 2 ${checksumOf(text)}\n`);
});

test("a journal of version 1 is read: whichever file bears a name is meant", () => {
  assert.deepEqual(parseJournal(Buffer.from("postigo-journal 1 unlink 7\n5 1.a%20b\nend 1 896c3c3c\n")), {
    ...{ disposal: "unlink", quotaInode: 7n, debt: undefined, ...NOTHING },
    messages: [{ uniqueName: "1.a b", octets: 5, file: undefined }],
  });
});

test("the note of the quota is read with it, and a torn note is none", () => {
  const whole = Buffer.concat([encodeJournal(JOURNAL), encodeUsage(NOTE)]);
  assert.deepEqual(parseJournal(whole), { ...JOURNAL, usage: NOTE, isOver: false });
  for (let end = encodeJournal(JOURNAL).length; end < whole.length; end++) {
    assert.deepEqual(parseJournal(whole.subarray(0, end)), { ...JOURNAL, ...NOTHING }, `cut at ${end}`);
  }
});

test("a journal that says it is over is read as over, with its note or without, and a torn word is none", () => {
  const noted = Buffer.concat([encodeJournal(JOURNAL), encodeUsage(NOTE), encodeOver()]);
  assert.deepEqual(parseJournal(noted), { ...JOURNAL, usage: NOTE, isOver: true });
  const bare = Buffer.concat([encodeJournal(JOURNAL), encodeOver()]);
  assert.deepEqual(parseJournal(bare), { ...JOURNAL, usage: undefined, isOver: true });
  assert.deepEqual(parseJournal(bare.subarray(0, -1)), { ...JOURNAL, ...NOTHING });
});

test("a journal that is cut off anywhere, or changed anywhere, is none", () => {
  const whole = Buffer.from(encodeJournal(JOURNAL));
  for (let at = 0; at < whole.length; at++) {
    assert.equal(parseJournal(whole.subarray(0, at)), "torn", `cut at ${at}`);
    const changed = Buffer.from(whole);
    changed[at] = (changed[at] ?? 0) ^ 1;
    // Of its version alone nobody can say whether it was damaged.
    const isVersion = at === "postigo-journal ".length;
    assert.equal(parseJournal(changed), isVersion ? "foreign" : "torn", `changed at ${at}`);
  }
});

test("what is no journal is torn, and one of another version is foreign", () => {
  for (const text of ["", "\n", "end 0 00000000\n", "postigo-journal unlink\n", "\0".repeat(100)]) {
    assert.equal(parseJournal(Buffer.from(text)), "torn", JSON.stringify(text));
  }
  assert.equal(parseJournal(Buffer.from("postigo-journal 3 unlink -\nend 0 00000000\n")), "foreign");
});
