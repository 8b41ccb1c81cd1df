import assert from "node:assert/strict";
import * as fs from "node:fs";
import { test } from "node:test";
import { mailBefore } from "#storage/aside/old-mail";
import { asideWorld } from "../support/aside-fixture.js";
import { failEach } from "../support/faulty-file-system.js";
import { IO_MODES } from "../support/maildrop-fixture.js";

const BEFORE = 1_700_000_005_000;

for (const io of IO_MODES) {
  test(`${io}: mail is as old as its name says, whatever the times of its file; what stands aside is no mail`, async (t) => {
    const { site, maildir } = asideWorld(
      t,
      {
        "new/1700000004.M999999P1.host": "",
        "cur/1700000005.M0P1.host:2,S": "",
        "cur/1700000001.M1P1.host:2,": "",
        "postigo.hold/1700000002.1.M1.host": "",
        ".Trash/cur/1.M1.host:2,S": "",
      },
      { io },
    );
    fs.utimesSync(maildir.octets("cur/1700000005.M0P1.host:2,S"), 1, 1);
    assert.deepEqual([...(await mailBefore(site, BEFORE))].sort(), [
      "cur/1700000001.M1P1.host:2,",
      "new/1700000004.M999999P1.host",
    ]);
  });

  test(`${io}: where the name tells no time, the file does; one that cannot be looked at is not old`, async (t) => {
    const files = { "cur/copied.eml": "", "cur/fresh.eml": "", "cur/broken.eml": "" };
    const { site, maildir } = asideWorld(t, files, { io, interfere: failEach("lstat", "EIO", "broken.eml") });
    for (const name of ["cur/copied.eml", "cur/broken.eml"]) fs.utimesSync(maildir.octets(name), 1, 1);
    assert.deepEqual(await mailBefore(site, BEFORE), ["cur/copied.eml"]);
  });
}

test("a maildrop that cannot be listed is a fault", async (t) => {
  const { site } = asideWorld(t, {}, { interfere: failEach("list", "EIO", "cur") });
  await assert.rejects(mailBefore(site, BEFORE), { code: "EIO" });
});
