// A message goes aside whatever it is called and whatever lies there already: none can stay for its name's sake.

import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { listAside } from "#storage/aside/aside-mail";
import { restoreMail } from "#storage/aside/restore-mail";
import type { RemovalReport } from "#storage/maildrop";
import type { DisposalName } from "#storage/message/disposal";
import { createFileSystem } from "#storage/ports/node-file-system";
import { octetPath } from "#storage/ports/octet-path";
import { MaildirBuilder } from "../support/maildir-builder.js";
import { IO_MODES } from "../support/maildrop-fixture.js";
import { freshStore, openMaildrop, rowsOf } from "../support/store-fixture.js";

const SECONDS = 1_800_000_000;
const long = (octets: number, end = ""): string => `1700000001.M1.${"h".repeat(octets - 14 - end.length)}${end}`;

/** In cur/ unless it has no info. */
const NAMES = [
  ...[244, 245, 252, 253, 255].map((octets) => long(octets)),
  ...[245, 255].map((octets) => long(octets, ",S=5,W=7:2,FS")),
  `1700000001.M1.host,S=5,X=${"x".repeat(226)}:2,`,
  `${"\xe9 ".repeat(127)}x`,
  `1700000001.M1.h:1,${"u".repeat(237)}`,
];

for (const io of IO_MODES) {
  for (const deleted of ["hold", "trash"] as const) {
    for (const name of NAMES) {
      const what = `${name.length} octets, ${name.slice(0, 22)}…${name.slice(-8)}`;
      test(`${io}, ${deleted}: whatever its name, a message goes and comes back under its unique-id: ${what}`, async (t) => {
        const world = worldIn(t, { io, deleted });
        world.maildir.put(pathOf(name), "12345");
        const before = await world.uniqueIds();
        const { removed, failed } = await world.removeAll();
        assert.deepEqual([removed.length, failed, world.maildir.paths()], [1, [], []]);
        await world.restoreAll();
        assert.deepEqual(await world.uniqueIds(), before);
        assert.equal(world.maildir.read(world.maildir.paths()[0] ?? ""), "12345");
      });
    }

    test(`${io}, ${deleted}: mail of one name goes again and again, and nothing is put over what lies there`, async (t) => {
      const world = worldIn(t, { io, deleted });
      for (let n = 0; n < 5; n++) {
        world.maildir.put("cur/1700000001.M1.host,S=5:2,F", `mail ${n}`);
        assert.deepEqual((await world.removeAll()).failed, []);
      }
      const contents = (await world.aside()).map(({ path }) => world.maildir.read(path));
      assert.deepEqual(contents.sort(), ["mail 0", "mail 1", "mail 2", "mail 3", "mail 4"]);
      for (const { uniqueName, name } of await world.aside()) {
        assert.deepEqual([uniqueName, name.endsWith(":2,F")], ["1700000001.M1.host", true]);
      }
    });

    test(`${io}, ${deleted}: a name that is long and taken does not keep it either`, async (t) => {
      const world = worldIn(t, { io, deleted });
      for (let n = 0; n < 3; n++) {
        world.maildir.put(`new/${long(255)}`, `mail ${n}`);
        assert.deepEqual((await world.removeAll()).failed, []);
      }
      assert.equal((await world.aside()).length, 3);
    });
  }

  for (const link of [".Trash", ".Trash/cur"]) {
    test(`${io}: ${link} that is a link is not followed: the message stays, and the report says why`, async (t) => {
      const world = worldIn(t, { io, deleted: "trash" });
      world.maildir.put("cur/1700000001.M1.host:2,");
      const elsewhere = MaildirBuilder.in(t);
      if (link !== ".Trash") fs.mkdirSync(join(world.maildir.root, ".Trash"));
      fs.symlinkSync(link === ".Trash" ? elsewhere.root : join(elsewhere.root, "cur"), join(world.maildir.root, link));
      const { removed, failed } = await world.removeAll();
      assert.deepEqual([removed, failed.length], [[], 1]);
      assert.match(String(failed[0]?.cause), /ENOTDIR/);
      assert.deepEqual([world.maildir.paths(), elsewhere.paths()], [["cur/1700000001.M1.host:2,"], []]);
    });
  }
}

test("where every name that is tried is taken the message stays, and the report says why", async (t) => {
  const world = worldIn(t, { io: "sync", deleted: "trash" });
  world.maildir.put("new/1.M1.host");
  await world.removeAll();
  for (let n = 2; n < 200; n++) fs.writeFileSync(join(world.maildir.root, `.Trash/cur/1.M1.host,N=${n}:2,`), "");
  world.maildir.put("new/1.M1.host");
  const { failed } = await world.removeAll();
  assert.match(String(failed[0]?.cause), /EEXIST/);
  assert.deepEqual(world.maildir.paths(), ["new/1.M1.host"]);
});

test("a quota that counts the trash hears of what could only be held, and of a copy, and of nothing that was trashed", async (t) => {
  const world = worldIn(t, { io: "sync", deleted: "trash", trashCounts: true });
  world.maildir.put("maildirsize", "10000S\n500 50\n").put(`new/${long(255)}`, "12345");
  await world.removeAll();
  assert.equal(world.maildir.read("maildirsize"), "10000S\n500 50\n", "trashed");
  world.maildir
    .put(`new/${long(255)}`, "123456")
    .put("new/2.M2.host", "same")
    .put("cur/2.M2.host:2,S", "same");
  assert.deepEqual(
    (await world.removeAll()).removed.map(({ how }) => how),
    ["unlinked", "trashed", "held"],
  );
  assert.equal(world.maildir.read("maildirsize"), "10000S\n500 50\n-10 -2\n");
});

const pathOf = (name: string): string => `${name.includes(":") ? "cur" : "new"}/${name}`;

interface World {
  readonly maildir: MaildirBuilder;
  uniqueIds(): Promise<readonly string[]>;
  removeAll(): Promise<RemovalReport>;
  aside(): ReturnType<typeof listAside>;
  restoreAll(): Promise<void>;
}

interface Wanted {
  readonly io: "sync" | "async";
  readonly deleted: DisposalName;
  readonly trashCounts?: boolean;
}

function worldIn(t: TestContext, { io, deleted, trashCounts = false }: Wanted): World {
  const maildir = MaildirBuilder.in(t);
  const fileSystem = createFileSystem({ io });
  const root = octetPath(maildir.root);
  const site = { fs: fileSystem, root, home: root };
  const open = () =>
    openMaildrop(freshStore({ fs: fileSystem, now: () => SECONDS * 1000 }), root, { deleted, trashCounts });
  return {
    maildir,
    uniqueIds: async () => rowsOf(await open()).map(({ uniqueId }) => uniqueId),
    async removeAll() {
      const maildrop = await open();
      return maildrop.remove(rowsOf(maildrop).map((_, position) => position));
    },
    aside: () => listAside(site),
    async restoreAll() {
      const { failed } = await restoreMail(site, await listAside(site), { trashIsCounted: false, mayGoOn: () => true });
      assert.deepEqual(failed, []);
    },
  };
}
