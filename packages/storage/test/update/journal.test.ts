import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeJournal, encodeUsage, type Journal, parseJournal } from "#storage/update/journal";

const JOURNAL: Omit<Journal, "usage"> = {
  disposal: "hold",
  quotaInode: 12_345_678_901_234_567_890n,
  messages: [
    { uniqueName: "1700000001.M1P1.host", octets: 0 },
    { uniqueName: "with space, line\nfeed, %41, \xff\x00 and end 2 00000000", octets: 999_999_999_999_999 },
  ],
};
const NOTE = { inode: 12_345_678_901_234_567_890n, offset: 512, octets: -1_234, messages: -2 };

test("what is written is read, whatever the names are", () => {
  assert.deepEqual(parseJournal(encodeJournal(JOURNAL)), { ...JOURNAL, usage: undefined });
  const none = { disposal: "unlink", quotaInode: undefined, messages: [] } as const;
  assert.deepEqual(parseJournal(encodeJournal(none)), { ...none, usage: undefined });
});

test("the form on disk is the documented one", () => {
  const octets = encodeJournal({ disposal: "unlink", quotaInode: 7n, messages: [{ uniqueName: "1.a b", octets: 5 }] });
  assert.equal(Buffer.from(octets).toString("latin1"), "postigo-journal 1 unlink 7\n5 1.a%20b\nend 1 896c3c3c\n");
});

test("the note of the quota is read with it, and a torn note is none", () => {
  const whole = Buffer.concat([encodeJournal(JOURNAL), encodeUsage(NOTE)]);
  assert.deepEqual(parseJournal(whole)?.usage, NOTE);
  for (let end = encodeJournal(JOURNAL).length; end < whole.length; end++) {
    assert.deepEqual(parseJournal(whole.subarray(0, end)), { ...JOURNAL, usage: undefined }, `cut at ${end}`);
  }
});

test("a journal that is cut off anywhere, or changed anywhere, is none", () => {
  const whole = Buffer.from(encodeJournal(JOURNAL));
  for (let at = 0; at < whole.length; at++) {
    assert.equal(parseJournal(whole.subarray(0, at)), undefined, `cut at ${at}`);
    const changed = Buffer.from(whole);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.equal(parseJournal(changed), undefined, `changed at ${at}`);
  }
});

test("another version, and what is no journal, is none", () => {
  for (const text of ["", "\n", "end 0 00000000\n", "postigo-journal 2 unlink -\nend 0 00000000\n", "\0".repeat(100)]) {
    assert.equal(parseJournal(Buffer.from(text)), undefined, JSON.stringify(text));
  }
});
