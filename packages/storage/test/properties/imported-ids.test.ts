// Random maildrops with random imports, lived in by random programs, against the naive model.

import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { octetPath } from "#storage/ports/octet-path";
import type { ImportedId } from "#storage/uid/imported-ids";
import { saveImportedIds } from "#storage/uid/imported-ids-file";
import { MaildirBuilder, temporaryDirectory } from "../support/maildir-builder.js";
import { naiveDigest, naiveImportedRows } from "../support/naive-imports.js";
import { disk, freshStore, visit } from "../support/store-fixture.js";

const NAMES = [
  ...Array.from({ length: 9 }, (_, at) => `170000000${at % 4}.M${at}P1.host`),
  "1700000001.1.caf\xe9",
  "1700000002.1.a b",
  naiveDigest("x"),
  "no-time",
];
/** Much that could clash: names, digests of names, substitutes. */
const IDS = [
  ...NAMES.filter((name) => /^[\x21-\x7e]{1,70}$/.test(name)),
  ...NAMES.slice(7).map(naiveDigest),
  ...NAMES.slice(0, 3).map((name) => naiveDigest(`${name}\0${1}`)),
  ...Array.from({ length: 8 }, (_, at) => `UID${at}-77`),
];

const entries: fc.Arbitrary<ImportedId[]> = fc
  .tuple(
    fc.shuffledSubarray(NAMES),
    fc.shuffledSubarray(IDS),
    fc.infiniteStream(fc.option(fc.nat(5), { nil: undefined })),
  )
  .map(([names, ids, orders]) =>
    names.slice(0, ids.length).map((uniqueName, at) => {
      const order: number | undefined = orders.next().value ?? undefined;
      return { uniqueName, uniqueId: ids[at] ?? "", order };
    }),
  );

type Step =
  | { readonly does: "import"; readonly entries: ImportedId[] }
  | { readonly does: "forget import" | "restart" | "lose index" }
  | { readonly does: "toggle"; readonly name: string; readonly info: string };

const step: fc.Arbitrary<Step> = fc.oneof(
  entries.map((all) => ({ does: "import" as const, entries: all })),
  fc.constantFrom("forget import", "restart", "lose index").map((does) => ({ does }) as Step),
  { weight: 6, arbitrary: toggle() },
);

function toggle(): fc.Arbitrary<Step> {
  return fc
    .tuple(fc.constantFrom(...NAMES), fc.constantFrom(":2,", ":2,S", ",S=2:2,F"))
    .map(([name, info]) => ({ does: "toggle" as const, name, info }));
}

test("under any import, delivery, removal, flag, restart and loss, the maildrop is what the naive model says", async (t) => {
  const directory = temporaryDirectory(t);
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(entries, fc.array(step, { maxLength: 12 }), async (first, steps) => {
      const maildir = new MaildirBuilder(join(directory, `run${runs++}`));
      for (const name of NAMES.slice(0, 6)) maildir.put(`cur/${name}:2,`, "a\n");
      let now = first;
      let store = freshStore({ now: inAnHour });
      const check = async () => {
        const rows = await visit(store, maildir.root);
        assert.deepEqual(rows, naiveImportedRows(maildir, now));
        assert.equal(new Set(rows.map(({ uniqueId }) => uniqueId)).size, rows.length);
      };
      await saveImportedIds(disk, octetPath(maildir.root), now);
      await check();
      for (const each of steps) {
        if (each.does === "import") now = each.entries;
        if (each.does === "import") await saveImportedIds(disk, octetPath(maildir.root), now);
        else if (each.does === "toggle") change(maildir, each.name, each.info);
        else if (each.does === "restart") store = freshStore({ now: inAnHour });
        else
          fs.rmSync(join(maildir.root, each.does === "lose index" ? "postigo.index" : "postigo.uids"), { force: true });
        if (each.does === "forget import") now = [];
        await check();
      }
    }),
    { numRuns: 120 },
  );
});

/** A message arrives, gets other flags, or goes. */
function change(maildir: MaildirBuilder, name: string, info: string): void {
  const path = maildir.paths().find((each) => each.slice(4).replace(/(,S=2)?:2,.*$/, "") === name);
  if (path === undefined) maildir.put(`cur/${name}${info}`, "a\n");
  else if (path.endsWith(info)) maildir.remove(path);
  else maildir.rename(path, `cur/${name}${info}`);
}

function inAnHour(): number {
  return Date.now() + 3_600_000;
}
