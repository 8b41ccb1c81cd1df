// A maildrop, a lock over it, and owners of every kind to find in it.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { claimPath } from "#server/lock/claim";
import { createMaildropLock } from "#server/lock/create-maildrop-lock";
import { type HostFacts, readHostFacts } from "#server/lock/host-facts";
import { type Call, LockDisk } from "#server/lock/lock-disk";
import type { LockEvent } from "#server/lock/lock-event";
import { type LockIo, nodeLockIo } from "#server/lock/lock-io";
import type { Lease, LockOutcome, LockOwner, LockRequest, MaildropLock } from "#server/lock/maildrop-lock";
import { type FoundOwner, formatOwner } from "#server/lock/owner-facts";
import { FakeClock } from "./fake-clock.js";
import { tempDirectory } from "./temp-directory.js";

export const STALE_MS = 60_000;
export const here: HostFacts = readHostFacts();

export interface LockFixture {
  readonly maildrop: string;
  readonly mark: string;
  readonly clock: FakeClock;
  readonly events: LockEvent[];
  readonly lock: MaildropLock;
  /** Another process on the same spool, as far as locks can tell. */
  other(): MaildropLock;
}

export interface FixtureOptions {
  readonly waitMs?: number;
  readonly io?: Partial<LockIo>;
  readonly directory?: string;
  /** How the disk is called; by blocking calls otherwise. */
  readonly call?: Call;
}

export function lockFixture(
  t: TestContext,
  { waitMs = 0, io = {}, directory, call }: FixtureOptions = {},
): LockFixture {
  const maildrop = join(tempDirectory(t), "Maildir");
  mkdirSync(maildrop);
  const clock = new FakeClock();
  const events: LockEvent[] = [];
  const disk = new LockDisk({ ...nodeLockIo, ...io }, call);
  const create = (): MaildropLock =>
    createMaildropLock({
      ...{ waitMs, staleMs: STALE_MS, directory, clock },
      ...{ diskAt: () => disk, onEvent: (event) => void events.push(event) },
    });
  return { maildrop, mark: markIn(maildrop), clock, events, lock: create(), other: create };
}

export const markIn = (maildrop: string): string => join(maildrop, "postigo.lock");

/** Where the one stands who is taking over the lock that stands there now. */
export function claimFile({ mark }: LockFixture): string {
  return claimPath(mark, ownerAt(mark));
}

export function ownerAt(path: string): FoundOwner {
  const found = new LockDisk().readOwner(path);
  assert.ok(found !== undefined && !(found instanceof Promise));
  return found;
}

/** What is left in a maildrop once no lock has been made for a while. */
export function restingFiles({ maildrop, clock }: LockFixture): string[] {
  clock.advance(1_000);
  return readdirSync(maildrop);
}

/** The first name of the owner file that stands in a maildrop. */
export function ownerFileIn(maildrop: string): string {
  const name = readdirSync(maildrop).find((name) => /^postigo\.owner\.[0-9a-f-]{36}$/.test(name));
  assert.ok(name);
  return join(maildrop, name);
}

export const request = (session = "s1", signal: AbortSignal = new AbortController().signal): LockRequest => ({
  session,
  user: "ann@example.org",
  peer: "192.0.2.1",
  signal,
});

/** The lease of an outcome that must be `held`; released when the test ends, so that no heartbeat outlives it. */
export function held(t: TestContext, outcome: LockOutcome): Lease {
  if (outcome.type !== "held") throw new Error(`not held: ${outcome.type}`, { cause: outcome });
  t.after(() => outcome.lease.release());
  return outcome.lease;
}

export const ownerWith = (facts: Partial<LockOwner>): LockOwner => ({
  token: "someone-elses-token",
  ...here,
  since: "2026-11-22T10:00:00.000Z",
  ...facts,
});

/** What another process has left behind: a lock with these facts, or with other text. */
export function plantLock(fixture: LockFixture, owner: Partial<LockOwner> | string, ageMs = 0): void {
  writeFileSync(fixture.mark, typeof owner === "string" ? owner : formatOwner(ownerWith(owner)));
  age(fixture, ageMs);
}

/** Makes the last sign of life that old. */
export function age({ mark, clock }: LockFixture, ageMs: number): void {
  const seconds = (clock.now() - ageMs) / 1000;
  utimesSync(mark, seconds, seconds);
}

/** The id of a process that has ended and been reaped. */
export function deadPid(): number {
  return spawnSync(process.execPath, ["--version"]).pid;
}
