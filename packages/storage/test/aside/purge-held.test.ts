import assert from "node:assert/strict";
import { test } from "node:test";
import { listHeld } from "#storage/aside/aside-mail";
import { heldBefore, purgeHeld } from "#storage/aside/purge-held";
import { asideWorld } from "../support/aside-fixture.js";
import { failEach } from "../support/faulty-file-system.js";
import { IO_MODES } from "../support/maildrop-fixture.js";

const FILES = {
  "postigo.hold/1000000003.3.M3.host": "three",
  "postigo.hold/1000000001.1.M1.host": "one",
  "postigo.hold/1000000002.2.M2.host": "two",
  ".Trash/cur/9.M9.host:2,S": "trashed",
  "cur/8.M8.host:2,S": "mail",
  maildirsize: "10000S\n1000 5\n",
};
const BEFORE = 1_000_000_003_000;
const GO_ON = { before: BEFORE, most: 100, mayGoOn: () => true };

for (const io of IO_MODES) {
  test(`${io}: what was removed before the moment goes, the oldest first; trash, mail and quota stay`, async (t) => {
    const { site, maildir } = asideWorld(t, FILES, { io });
    const { purged, failed } = await purgeHeld(site, GO_ON);
    assert.deepEqual([purged.map(({ uniqueName }) => uniqueName), failed], [["1.M1.host", "2.M2.host"], []]);
    assert.deepEqual(
      (await listHeld(site)).map(({ uniqueName }) => uniqueName),
      ["3.M3.host"],
    );
    for (const path of [".Trash/cur/9.M9.host:2,S", "cur/8.M8.host:2,S"] as const)
      assert.equal(maildir.read(path), FILES[path]);
    assert.equal(maildir.read("maildirsize"), FILES.maildirsize);
  });
}

test("digits that no clock gave are no time of removal: such a file goes by when it came", async (t) => {
  const { site } = asideWorld(t, { "postigo.hold/12345.eml": "just come", "postigo.hold/20240101.eml": "just come" });
  assert.deepEqual((await purgeHeld(site, GO_ON)).purged, []);
  assert.equal((await heldBefore(site, Date.now() + 60_000)).length, 2);
});

test("no more than the most go at a time", async (t) => {
  const { site } = asideWorld(t, FILES);
  const { purged } = await purgeHeld(site, { ...GO_ON, most: 1 });
  assert.deepEqual(
    purged.map(({ uniqueName }) => uniqueName),
    ["1.M1.host"],
  );
  assert.equal((await heldBefore(site, BEFORE)).length, 1);
});

test("once leave is withdrawn nothing goes", async (t) => {
  const { site } = asideWorld(t, FILES);
  assert.deepEqual(await purgeHeld(site, { ...GO_ON, mayGoOn: () => false }), { purged: [], failed: [] });
});

test("one that cannot be unlinked has failed, one that is gone already is no failure, the others go", async (t) => {
  for (const [errno, failures] of [
    ["EACCES", 1],
    ["ENOENT", 0],
  ] as const) {
    const { site } = asideWorld(t, FILES, { interfere: failEach("unlink", errno, "1.M1.host") });
    const { purged, failed } = await purgeHeld(site, GO_ON);
    assert.deepEqual([purged.length, failed.length], [1, failures]);
  }
});
