// Random maildrops, lived in by random programs, against the naive model.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { MaildirBuilder, temporaryDirectory } from "../support/maildir-builder.js";
import { naiveRows } from "../support/naive-model.js";
import { freshStore, openMaildrop, rowsOf, visit } from "../support/store-fixture.js";

const uniqueName = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1_700_000_000, max: 1_700_000_009 }), fc.nat(99), fc.nat(3))
    .map(([s, m, p]) => `${s}.M${m}P${p}.host`),
  fc.integer({ min: 1_700_000_000, max: 1_700_000_009 }).map((seconds) => `${seconds}.R1_1.host`),
  fc
    .string({
      unit: fc.integer({ min: 1, max: 255 }).map((octet) => String.fromCharCode(octet)),
      minLength: 1,
      maxLength: 90,
    })
    .map((name) => name.replaceAll("/", "_").replaceAll(":", "_").replace(/^\.+/, "_")),
);
const fields = fc.constantFrom("", "", ",S=3", ",S=4,W=6", ",U=7", ",W=5,S=4");
const info = fc.constantFrom("", ":2,", ":2,S", ":2,FRS", ":1,x", ":odd");
const content = fc.string({ unit: fc.constantFrom("a", ".", "\n", "\r", "\r\n", "\xff", "\0"), maxLength: 12 });

interface Delivery {
  readonly folder: "new" | "cur";
  readonly unique: string;
  readonly fields: string;
  readonly info: string;
  readonly content: string;
}

const delivery: fc.Arbitrary<Delivery> = fc.record({
  folder: fc.constantFrom("new" as const, "cur" as const),
  unique: uniqueName,
  fields,
  info,
  content,
});

/** The true octets in the names that tell any, so that the model needs no notion of trust. */
function pathOf({ folder, unique, fields: told, info: rest, content: text }: Delivery): string {
  const isTrue = !told.includes("W=") || text.length !== 4;
  return `${folder}/${unique}${isTrue ? told : ""}${rest}`;
}

function fill(directory: string, deliveries: readonly Delivery[]): MaildirBuilder {
  const maildir = new MaildirBuilder(directory);
  for (const each of deliveries) maildir.put(pathOf(each), each.content);
  return maildir;
}

const RUNS = { numRuns: 60 };

test("a maildrop is what the naive model says, at first, from memory and from the index", async (t) => {
  const directory = temporaryDirectory(t);
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(delivery, { maxLength: 25 }), async (deliveries) => {
      const maildir = fill(join(directory, `${run++}`), deliveries);
      const expected = naiveRows(maildir);
      const store = freshStore({ now: () => Date.now() + 60_000 });
      assert.deepEqual(await visit(store, maildir.root), expected);
      assert.deepEqual(await visit(store, maildir.root), expected);
      assert.deepEqual(await visit(freshStore(), maildir.root), expected);
    }),
    RUNS,
  );
});

type Change =
  | "flags"
  | "new to cur"
  | "arrival"
  | "removal"
  | "own removal"
  | "restart"
  | "loss of the index"
  | "copy elsewhere"
  | "mark";

const change = fc.record({
  kind: fc.constantFrom<Change>(
    "flags",
    "new to cur",
    "arrival",
    "removal",
    "own removal",
    "restart",
    "loss of the index",
    "copy elsewhere",
    "mark",
  ),
  which: fc.nat(),
  info,
  delivery,
});

test("RFC 1939 §7: whatever happens to a maildrop, what is left keeps its unique-id, and all is as the model says", async (t) => {
  const directory = temporaryDirectory(t);
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(delivery, { maxLength: 8 }),
      fc.array(change, { maxLength: 12 }),
      async (deliveries, changes) => {
        let maildir = fill(join(directory, `${run++}`), deliveries);
        let store = freshStore({ now: () => Date.now() + 60_000 });
        for (const { kind, which, info: suffix, delivery: arrival } of changes) {
          const maildrop = await openMaildrop(store, maildir.root);
          const { path, uniqueId } = rowsOf(maildrop)[which % Math.max(1, maildrop.messages.count)] ?? {};
          const stem = path?.slice(4).replace(/:.*$/s, "");
          if (kind === "own removal" && path) await maildrop.remove([which % maildrop.messages.count]);
          if (kind === "mark" && path) await maildrop.markRetrieved([which % maildrop.messages.count]);
          await maildrop.close();
          if (kind === "flags" && path) maildir.rename(path, `cur/${stem}${suffix}`);
          if (kind === "new to cur" && path?.startsWith("new/")) maildir.rename(path, `cur/${path.slice(4)}`);
          if (kind === "removal" && path) maildir.remove(path);
          if (kind === "arrival") deliverOnce(maildir, arrival);
          if (kind === "restart") store = freshStore();
          if (kind === "loss of the index") {
            fs.rmSync(join(maildir.root, "postigo.index"), { force: true });
            store = freshStore();
          }
          if (kind === "copy elsewhere") maildir = copyOf(maildir, join(directory, `${run++}`));
          const rows = await visit(store, maildir.root);
          assert.deepEqual(rows, naiveRows(maildir), kind);
          if (kind !== "removal" && kind !== "own removal" && uniqueId) {
            assert.ok(
              rows.some((row) => row.uniqueId === uniqueId),
              kind,
            );
          }
        }
      },
    ),
    RUNS,
  );
});

/** A message whose unique name is there already would be no arrival but a copy. */
function deliverOnce(maildir: MaildirBuilder, arrival: Delivery): void {
  const isThere = maildir.paths().some((path) => path.slice(4).startsWith(arrival.unique));
  if (!isThere) maildir.put(pathOf(arrival), arrival.content);
}

function copyOf(maildir: MaildirBuilder, to: string): MaildirBuilder {
  execFileSync("cp", ["-a", maildir.root, to]);
  return new MaildirBuilder(to);
}
