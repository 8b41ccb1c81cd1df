// After a change, what has not changed is taken over in runs: the table must be the one that a listing without memory makes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MaildirBuilder } from "../support/maildir-builder.js";
import { freshStore, visit } from "../support/store-fixture.js";

const MESSAGES = 200;
const nameAt = (index: number): string => `${1_700_000_000 + index}.M${index}.host${"x".repeat(index % 7)}`;

const CHANGES: Record<string, (maildir: MaildirBuilder) => void> = {
  "nothing has changed": () => undefined,
  "one has come at the end": (maildir) => maildir.put("new/1800000000.a", "late\n"),
  "one has come in between": (maildir) => maildir.put(`new/${1_700_000_000 + 100}.A`, "between\n"),
  "one has come before all others": (maildir) => maildir.put("new/1.a", "early\n"),
  "the first, one in the middle and the last have gone": (maildir) => {
    for (const index of [0, 77, MESSAGES - 1]) maildir.remove(`new/${nameAt(index)}`);
  },
  "flags have changed": (maildir) => {
    for (const index of [0, 50, 51, 150]) maildir.rename(`new/${nameAt(index)}`, `cur/${nameAt(index)}:2,S`);
  },
  "every other one has gone": (maildir) => {
    for (let index = 0; index < MESSAGES; index += 2) maildir.remove(`new/${nameAt(index)}`);
  },
  "some have come, gone and been renamed": (maildir) => {
    for (let index = 0; index < MESSAGES; index += 31) maildir.remove(`new/${nameAt(index)}`);
    for (let index = 1; index < MESSAGES; index += 31)
      maildir.rename(`new/${nameAt(index)}`, `cur/${nameAt(index)}:2,`);
    for (let index = 0; index < 40; index++) maildir.put(`new/${1_700_000_000 + index * 5}.b`, "y\n".repeat(index));
  },
};

for (const [what, change] of Object.entries(CHANGES)) {
  test(`a warm store, one that reads the index and one without find the same when ${what}`, async (t) => {
    const maildir = MaildirBuilder.in(t);
    for (let index = 0; index < MESSAGES; index++) maildir.put(`new/${nameAt(index)}`, "x\n".repeat(index));
    const warm = freshStore();
    await visit(warm, maildir.root);
    change(maildir);
    const [again, restarted] = [await visit(warm, maildir.root), await visit(freshStore(), maildir.root)];
    maildir.remove("postigo.index");
    const expected = await visit(freshStore(), maildir.root);
    assert.deepEqual([again, restarted], [expected, expected]);
  });
}
