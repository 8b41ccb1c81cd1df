import assert from "node:assert/strict";
import * as fs from "node:fs";
import { type TestContext, test } from "node:test";
import { createFileSystem } from "#storage/ports/node-file-system";
import { FaultyFileSystem, failEach, type Interference } from "../support/faulty-file-system.js";
import { MaildirBuilder } from "../support/maildir-builder.js";
import { IO_MODES } from "../support/maildrop-fixture.js";
import { freshStore, openMaildrop, visit } from "../support/store-fixture.js";

const CUR = "cur/1700000001.a:2,S";
const NEW = "new/1700000001.a";
const OTHER = "new/1700000002.b";
/** Longer than what is compared at once. */
const CONTENT = `${"x".repeat(70_000)}\n`;

interface World {
  readonly io: "sync" | "async";
  readonly copy: (maildir: MaildirBuilder) => void;
  readonly interfere?: Interference;
  readonly mayGoOn?: () => boolean;
}

/** Opens, removes the first message and closes. */
async function removeFirst(t: TestContext, { io, copy, interfere, mayGoOn }: World) {
  const maildir = MaildirBuilder.in(t).put(CUR, CONTENT).put(OTHER, CONTENT).put("maildirsize", "900000S\n210003 3\n");
  copy(maildir);
  const files = new FaultyFileSystem(createFileSystem({ io }), interfere);
  const maildrop = await openMaildrop(freshStore({ fs: files }), maildir.root);
  const report = await maildrop.remove([0], mayGoOn);
  await maildrop.close();
  return { maildir, report };
}

for (const io of IO_MODES) {
  for (const [how, copy] of [
    ["copy", (maildir) => maildir.put(NEW, CONTENT)],
    ["hard link", (maildir) => fs.linkSync(maildir.octets(CUR), maildir.octets(NEW))],
  ] as const satisfies readonly [string, (maildir: MaildirBuilder) => void][]) {
    test(`ADR 0062: ${io}: a ${how} of a removed message goes with it, and does not come back under its unique-id`, async (t) => {
      const { maildir, report } = await removeFirst(t, { io, copy });
      assert.deepEqual(report.failed, []);
      assert.deepEqual(report.removed.map(({ path }) => path).sort(), [CUR, NEW]);
      assert.deepEqual(maildir.paths(), [OTHER]);
      assert.equal(maildir.read("maildirsize"), "900000S\n210003 3\n-140002 -2\n");
    });
  }

  for (const content of [`${"x".repeat(69_999)}y\n`, "short\n"]) {
    test(`ADR 0062: ${io}: another mail of ${content.length} octets under the same unique name stays`, async (t) => {
      const { maildir, report } = await removeFirst(t, { io, copy: (maildir) => maildir.put(NEW, content) });
      assert.deepEqual(report.failed, []);
      assert.deepEqual(maildir.paths(), [NEW, OTHER]);
      assert.equal(maildir.read(NEW), content);
      assert.equal((await visit(freshStore(), maildir.root)).length, 2);
    });
  }

  test(`ADR 0062: ${io}: a message whose copy cannot be removed is not removed, and said so`, async (t) => {
    const interfere = failEach("unlink", "EACCES", NEW);
    const { maildir, report } = await removeFirst(t, { io, copy: (maildir) => maildir.put(NEW, CONTENT), interfere });
    assert.deepEqual(report.removed, []);
    assert.deepEqual(
      report.failed.map(({ position }) => position),
      [0],
    );
    assert.deepEqual(maildir.paths(), [CUR, NEW, OTHER]);
  });

  test(`ADR 0062: ${io}: a copy that is gone by then changes nothing`, async (t) => {
    let here: MaildirBuilder | undefined;
    const interfere: Interference = ({ method, path }) => {
      if (method === "lstat" && path.endsWith(NEW) && here?.has(NEW)) here.remove(NEW);
    };
    const { maildir, report } = await removeFirst(t, {
      io,
      copy: (maildir) => {
        here = maildir.put(NEW, CONTENT);
      },
      interfere,
    });
    assert.deepEqual(
      report.removed.map(({ path }) => path),
      [CUR],
    );
    assert.deepEqual(maildir.paths(), [OTHER]);
  });

  test(`ADR 0062: ${io}: a session that may not go on removes no copy either`, async (t) => {
    const copy = (maildir: MaildirBuilder) => maildir.put(NEW, CONTENT);
    const { maildir, report } = await removeFirst(t, { io, copy, mayGoOn: () => false });
    assert.deepEqual(report.removed, []);
    assert.deepEqual(maildir.paths(), [CUR, NEW, OTHER]);
  });
}
