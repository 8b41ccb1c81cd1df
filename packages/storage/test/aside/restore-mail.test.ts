import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { test } from "node:test";
import { listAside } from "#storage/aside/aside-mail";
import { type RestoreOptions, type RestoreReport, restoreMail } from "#storage/aside/restore-mail";
import { type AsideWorld, asideWorld } from "../support/aside-fixture.js";
import { failAt, failEach } from "../support/faulty-file-system.js";
import { IO_MODES } from "../support/maildrop-fixture.js";
import { disk, freshStore, visit } from "../support/store-fixture.js";

const HELD = {
  "postigo.hold/1800000001.1700000001.M1.host": "one\n",
  "postigo.hold/1800000002.1700000002.M2.host,S=99:2,FS": "two\n",
};
const TRASHED = { ".Trash/cur/1700000003.M3.host:2,ST": "three\n" };
const QUOTA = { maildirsize: "10000S\n1000 5\n" };

const restoreAll = async ({ site }: AsideWorld, options: Partial<RestoreOptions> = {}): Promise<RestoreReport> =>
  restoreMail(site, await listAside(site), { trashIsCounted: true, mayGoOn: () => true, ...options });

for (const io of IO_MODES) {
  test(`${io}: held mail goes back into cur/ under its unique name with its flags, and the quota is told once`, async (t) => {
    const world = asideWorld(t, { ...HELD, ...QUOTA }, { io });
    const { restored, failed, quotaTrouble } = await restoreAll(world);
    assert.deepEqual([restored.length, failed, quotaTrouble], [2, [], undefined]);
    assert.deepEqual(world.maildir.paths(), ["cur/1700000001.M1.host:2,", "cur/1700000002.M2.host,S=99:2,FS"]);
    assert.equal(world.maildir.read("cur/1700000001.M1.host:2,"), "one\n");
    assert.equal(world.maildir.read("maildirsize"), `${QUOTA.maildirsize}103 2\n`);
    assert.deepEqual(await listAside(world.site), []);
  });

  test(`${io}: trashed mail comes back without the flag T; the quota is told if it does not count the trash`, async (t) => {
    for (const trashIsCounted of [true, false]) {
      const world = asideWorld(t, { ...TRASHED, ...QUOTA }, { io });
      await restoreAll(world, { trashIsCounted });
      assert.deepEqual(world.maildir.paths(), ["cur/1700000003.M3.host:2,S"]);
      assert.equal(world.maildir.read("maildirsize"), QUOTA.maildirsize + (trashIsCounted ? "" : "6 1\n"));
    }
  });

  for (const errno of ["EIO", "EACCES", "ENOSPC", "EMFILE", "EXDEV", "EROFS"]) {
    test(`${io}: ${errno} at any call loses no message: each is aside or back, and the quota agrees or its trouble is told`, async (t) => {
      for (let index = 0; index < 24; index++) {
        const world = asideWorld(t, { ...HELD, ...QUOTA }, { io, interfere: failAt(index, errno) });
        const report = await restoreAll(world).catch(() => undefined);
        const back = world.maildir.paths().length;
        assert.equal(back + (await listAside({ ...world.site, fs: disk })).length, 2, `call ${index}`);
        if (report === undefined) assert.equal(back, 0);
        else assert.deepEqual([report.restored.length, report.failed.length], [back, 2 - back]);
        const lines = world.maildir.read("maildirsize").slice(QUOTA.maildirsize.length);
        if (report?.quotaTrouble === undefined) assert.equal(/ (\d)\n$/.exec(lines)?.[1] ?? "0", `${back}`);
      }
    });
  }
}

test("a client knows the message by the unique-id that it knew", async (t) => {
  const world = asideWorld(t, { "new/1700000001.M1.host,S=4": "one\n" });
  const [before] = await visit(freshStore(), world.site.root);
  world.maildir.rename("new/1700000001.M1.host,S=4", "postigo.hold/1800000001.1700000001.M1.host,S=4");
  await restoreAll(world);
  const [after] = await visit(freshStore(), world.site.root);
  assert.deepEqual(after, { ...before, path: "cur/1700000001.M1.host,S=4:2," });
});

test("a message whose unique name stands in the maildrop, in new/ or with other flags, stays aside", async (t) => {
  const world = asideWorld(t, { ...HELD, "new/1700000001.M1.host": "mine\n", "cur/1700000002.M2.host:2,R": "mine\n" });
  const { restored, failed } = await restoreAll(world);
  assert.deepEqual([restored, failed.map(({ why }) => why)], [[], ["taken", "taken"]]);
  assert.equal(world.maildir.read("new/1700000001.M1.host"), "mine\n");
  assert.deepEqual((await listAside(world.site)).length, 2);
});

test("of two removed messages of one unique name one comes back", async (t) => {
  const world = asideWorld(t, { ...HELD, "postigo.hold/1800000009.1700000001.M1.host:2,S": "one\n" });
  const { restored, failed } = await restoreAll(world);
  assert.deepEqual([restored.length, failed.map(({ why }) => why)], [2, ["taken"]]);
});

test("what has no info of a kind we know keeps it", async (t) => {
  const world = asideWorld(t, {
    "postigo.hold/1800000001.1.M1.host:1,X": "",
    "postigo.hold/1800000001.2.M2.host:": "",
  });
  await restoreAll(world);
  assert.deepEqual(world.maildir.paths(), ["cur/1.M1.host:1,X", "cur/2.M2.host:"]);
});

test("a file that stands in the way is never replaced, whatever it is", async (t) => {
  const world = asideWorld(t, { "postigo.hold/1800000001.1.M1.host": "" });
  symlinkSync("nowhere", world.maildir.octets("cur/1.M1.host:2,"));
  const { failed } = await restoreAll(world);
  assert.deepEqual(
    failed.map(({ why }) => why),
    ["taken"],
  );
});

test("a message that is gone meanwhile, and all after the lock was lost, are told apart", async (t) => {
  const world = asideWorld(t, HELD);
  const aside = await listAside(world.site);
  world.maildir.remove(aside[0]?.path ?? "");
  let asked = 0;
  const { failed } = await restoreMail(world.site, aside, { trashIsCounted: true, mayGoOn: () => asked++ === 0 });
  assert.deepEqual(
    failed.map(({ why }) => why),
    ["gone", "stopped"],
  );
});

test("without a quota none is made", async (t) => {
  const world = asideWorld(t, HELD);
  await restoreAll(world);
  assert.ok(!world.maildir.has("maildirsize"));
});

test("a quota that cannot be told is told of, and the mail is back", async (t) => {
  const world = asideWorld(t, { ...HELD, ...QUOTA }, { interfere: failEach("append", "EIO") });
  const { restored, quotaTrouble } = await restoreAll(world);
  assert.equal(restored.length, 2);
  assert.equal((quotaTrouble as NodeJS.ErrnoException).code, "EIO");
});
