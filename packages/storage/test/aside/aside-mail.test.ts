import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { listAside, listHeld } from "#storage/aside/aside-mail";
import { asideWorld } from "../support/aside-fixture.js";
import { failEach } from "../support/faulty-file-system.js";
import { MaildirBuilder } from "../support/maildir-builder.js";
import { IO_MODES } from "../support/maildrop-fixture.js";
import { disk } from "../support/store-fixture.js";

for (const io of IO_MODES) {
  test(`${io}: held mail is listed with its name, its unique name, its octets and when it was removed`, async (t) => {
    const { site } = asideWorld(t, { "postigo.hold/1800000001.1700000001.M1.host,S=5:2,FS": "12345" }, { io });
    assert.deepEqual(await listAside(site), [
      {
        place: "hold",
        path: "postigo.hold/1800000001.1700000001.M1.host,S=5:2,FS",
        name: "1700000001.M1.host,S=5:2,FS",
        uniqueName: "1700000001.M1.host",
        octets: 5,
        removedAt: 1_800_000_001_000,
      },
    ]);
  });

  test(`${io}: trashed mail is listed with the time of its last change, the latest of all first`, async (t) => {
    const { site, maildir } = asideWorld(
      t,
      {
        "postigo.hold/1000000001.1.M1.host": "",
        "postigo.hold/1000000002.2.M2.host": "",
        ".Trash/cur/3.M3.host:2,T": "",
      },
      { io },
    );
    const listed = await listAside(site);
    assert.deepEqual(
      listed.map(({ uniqueName }) => uniqueName),
      ["3.M3.host", "2.M2.host", "1.M1.host"],
    );
    const { ctimeMs } = fs.statSync(maildir.octets(".Trash/cur/3.M3.host:2,T"));
    assert.equal(listed[0]?.removedAt, Math.floor(ctimeMs));
  });
}

test("names that no removal gives, dot-files, folders and links are not listed", async (t) => {
  const { site, maildir } = asideWorld(t, {
    "postigo.hold/readme": "",
    "postigo.hold/1700000001.": "",
    "postigo.hold/1700000001..hidden": "",
    "postigo.hold/123456789012.1.M1.host": "",
    ".Trash/cur/.hidden": "",
    ".Trash/new/1.M1.host": "",
    "new/2.M2.host": "",
  });
  fs.mkdirSync(join(maildir.root, "postigo.hold/1700000001.1.M1.host"));
  fs.symlinkSync("../new/2.M2.host", join(maildir.root, "postigo.hold/1700000001.2.M2.host"));
  assert.deepEqual(await listAside(site), []);
});

test("a name with a line end in it is a name", async (t) => {
  const { site } = asideWorld(t, { "postigo.hold/1700000001.a\nb": "" });
  assert.equal((await listHeld(site))[0]?.name, "a\nb");
});

test("a maildrop from which nothing was put aside has no such mail", async (t) => {
  const { root } = MaildirBuilder.in(t);
  assert.deepEqual(await listAside({ fs: disk, root, home: root }), []);
  fs.mkdirSync(join(root, ".Trash"));
  assert.deepEqual(await listAside({ fs: disk, root, home: root }), []);
});

test("a link in the place of the folder is not followed: it would lead out of the maildrop", async (t) => {
  const elsewhere = MaildirBuilder.in(t).put("cur/1700000001.1.M1.host", "");
  const { root } = MaildirBuilder.in(t);
  fs.symlinkSync(join(elsewhere.root, "cur"), join(root, "postigo.hold"));
  fs.symlinkSync(elsewhere.root, join(root, ".Trash"));
  assert.deepEqual(await listAside({ fs: disk, root, home: root }), []);
});

test("a folder that cannot be listed is a fault, and not an empty one", async (t) => {
  const { site } = asideWorld(t, {}, { interfere: failEach("list", "EACCES", "postigo.hold") });
  await assert.rejects(listAside(site), { code: "EACCES" });
});
