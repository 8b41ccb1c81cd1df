import assert from "node:assert/strict";
import * as fs from "node:fs";
import { type TestContext, test } from "node:test";
import { type AgeSearch, mailBefore, oldMessages } from "#storage/aside/old-mail";
import { asideWorld } from "../support/aside-fixture.js";
import { failEach, type Interference } from "../support/faulty-file-system.js";
import type { MaildirBuilder } from "../support/maildir-builder.js";
import { IO_MODES } from "../support/maildrop-fixture.js";
import { freshStore, openMaildrop } from "../support/store-fixture.js";

const BEFORE = 1_700_000_005_000;

const age = (maildir: MaildirBuilder, path: string, seconds: number): void =>
  fs.utimesSync(maildir.octets(path), seconds, seconds);

for (const io of IO_MODES) {
  test(`${io}: mail is old if its name and its file are; what stands aside is no mail`, async (t) => {
    const files = {
      "new/1700000004.M999999P1.host": "",
      "cur/1700000005.M0P1.host:2,S": "",
      "cur/1700000001.M1P1.host:2,": "",
      "cur/1700000002.M1P1.host:2,": "",
      "postigo.hold/1700000002.1.M1.host": "",
      ".Trash/cur/1.M1.host:2,S": "",
    };
    const { site, maildir } = asideWorld(t, files, { io });
    for (const path of Object.keys(files)) age(maildir, path, 1_700_000_004);
    age(maildir, "cur/1700000002.M1P1.host:2,", 1_700_000_005);
    assert.deepEqual([...(await mailBefore(site, BEFORE))].sort(), [
      "cur/1700000001.M1P1.host:2,",
      "new/1700000004.M999999P1.host",
    ]);
  });

  test(`${io}: mail whose name tells no time is as old as the file has been there, whatever time was copied along`, async (t) => {
    const files = { "cur/copied.eml": "", "cur/12345.eml": "", "cur/broken.eml": "" };
    const { site, maildir } = asideWorld(t, files, { io, interfere: failEach("lstat", "EIO", "broken.eml") });
    for (const path of Object.keys(files)) age(maildir, path, 1);
    assert.deepEqual(await mailBefore(site, BEFORE), []);
    assert.deepEqual([...(await mailBefore(site, Date.now() + 60_000))].sort(), ["cur/12345.eml", "cur/copied.eml"]);
  });
}

/** Three that are old, but for the file of the second, and one that is young, in this order. */
async function listed(t: TestContext, interfere?: Interference) {
  const names = [1, 2, 3, 9].map((second) => `cur/170000000${second}.M1P1.host:2,`);
  const looks: string[] = [];
  const world = asideWorld(t, Object.fromEntries(names.map((name) => [name, "a\n"])), {
    interfere: (call) => {
      if (call.method === "lstat" && call.path.includes("/cur/")) looks.push(call.path.slice(-25, -5));
      return interfere?.(call);
    },
  });
  for (const [at, name] of names.entries()) age(world.maildir, name, at === 1 ? 1_700_000_099 : 1_700_000_001);
  const { messages } = await openMaildrop(freshStore(), world.maildir.root);
  const search = (over: Partial<AgeSearch> = {}) =>
    oldMessages(world.site, messages, { before: BEFORE, most: 9, looks: 9, ...over });
  return { search, looked: () => looks.splice(0).length };
}

test("old messages of a listing are found by looking at the files of those only that are called old", async (t) => {
  const { search, looked } = await listed(t);
  assert.deepEqual([await search(), looked()], [[0, 2], 3]);
});

test("what is there still when it is looked for again is found again", async (t) => {
  const { search } = await listed(t);
  assert.deepEqual([await search({ most: 1 }), await search({ most: 1 }), await search()], [[0], [0], [0, 2]]);
});

test("a search that may look no further goes on there the next time, and none is made where nothing can be old", async (t) => {
  const { search, looked } = await listed(t, failEach("lstat", "EACCES", "1700000001.M1P1.host:2,"));
  assert.deepEqual([await search({ looks: 2 }), looked()], [[], 2]);
  assert.deepEqual([await search({ looks: 2, before: BEFORE + 1 }), looked()], [[2], 1]);
  const young = await listed(t, failEach("lstat", "EACCES", ".host:2,"));
  assert.deepEqual([await young.search(), young.looked()], [[], 3]);
  assert.deepEqual([await young.search(), young.looked()], [[], 0]);
  assert.deepEqual([await young.search({ before: 1_700_000_010_000 }), young.looked()], [[], 4]);
});

test("a maildrop that cannot be listed is a fault", async (t) => {
  const { site } = asideWorld(t, {}, { interfere: failEach("list", "EIO", "cur") });
  await assert.rejects(mailBefore(site, BEFORE), { code: "EIO" });
});
