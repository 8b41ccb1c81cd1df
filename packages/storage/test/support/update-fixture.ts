// A Maildir of which some messages are deleted, and what must be true of it whatever came between.

import assert from "node:assert/strict";
import * as fs from "node:fs";
import type { TestContext } from "node:test";
import type { FinishedUpdate } from "#storage/maildir-store";
import type { StorageErrorCode } from "#storage/storage-error";
import { MaildirBuilder } from "./maildir-builder.js";
import { freshStore, rowsOf } from "./store-fixture.js";

export const DOOMED = ["new/1700000001.M1.h", "cur/1700000002.M2.h:2,S", "cur/1700000003.M3.h,S=11:2,"];
export const KEPT = ["cur/1700000004.M4.h:2,", "new/1700000005.M5.h"];
const QUOTA = "10000S\n55 5\n";

export function doomedMaildir(t: TestContext): MaildirBuilder {
  const maildir = MaildirBuilder.in(t);
  for (const path of [...DOOMED, ...KEPT]) maildir.put(path, "elevenocts\n");
  return maildir.put("maildirsize", QUOTA);
}

export interface Session {
  readonly rows: readonly string[];
  readonly troubles: readonly StorageErrorCode[];
  readonly finished: FinishedUpdate | undefined;
}

/** A session of a new process, which nothing disturbs unless `fs` does. */
export async function openAgain(maildir: MaildirBuilder): Promise<Session> {
  const troubles: StorageErrorCode[] = [];
  const store = freshStore({ onTrouble: ({ code }) => troubles.push(code) });
  const outcome = await store.open(maildir.root, { recover: true });
  assert.ok(outcome.type === "opened");
  const rows = rowsOf(outcome.maildrop).map(({ path }) => path);
  return { rows, troubles, finished: outcome.finished };
}

/** Either all that was doomed is gone and the quota has heard of it once, or all is there and the quota has heard nothing. */
export function assertWhole(maildir: MaildirBuilder, when: string): void {
  const there = maildir.paths();
  for (const path of KEPT) assert.ok(there.includes(path), `${path}, ${when}`);
  const hasBegun = there.length === KEPT.length;
  assert.ok(hasBegun || there.length === KEPT.length + DOOMED.length, `${there.join(" ")}, ${when}`);
  assert.equal(usageIn(maildir), hasBegun ? "22 2" : "55 5", when);
  assert.ok(!snapshot(maildir).includes("postigo.journal"), when);
}

/** The sum of the lines. */
export function usageIn(maildir: MaildirBuilder): string {
  const lines = maildir.read("maildirsize").trim().split("\n").slice(1);
  const sum = (column: number) => lines.reduce((total, line) => total + Number(line.trim().split(/ +/)[column]), 0);
  return `${sum(0)} ${sum(1)}`;
}

export function snapshot(maildir: MaildirBuilder): string[] {
  const names = fs.readdirSync(maildir.root, { recursive: true, encoding: "latin1" });
  return names.filter((name) => !/postigo\.index|\.tmp$/.test(name)).sort();
}
