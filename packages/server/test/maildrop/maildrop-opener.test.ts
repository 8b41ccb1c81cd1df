// From a proven account to its open maildrop: each refusal, and nothing kept by any of them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type OpenOutcome, StorageError } from "@postigo/storage";
import type { LockOutcome } from "#server/lock/maildrop-lock";
import {
  MaildropOpener,
  type MaildropSource,
  type OpeningResult,
  type SourceOutcome,
} from "#server/maildrop/maildrop-opener";
import { ConnectionLimits } from "#server/net/connection-limits";
import { FakeClock } from "../support/fake-clock.js";
import { messages, recordedMaildrop } from "../support/memory-maildrops.js";
import { RecordingLock } from "../support/recording-lock.js";
import { RecordingLog } from "../support/recording-log.js";
import { gate, turn, until } from "../support/until.js";

const LATE_MS = 45_000;

interface Scene {
  readonly open?: MaildropSource["open"];
  readonly place?: string | undefined;
  readonly perAccount?: number;
}

function scene({ open = () => opened(), ...rest }: Scene = {}) {
  const place = "place" in rest ? rest.place : "/spool/ana";
  const clock = new FakeClock();
  const log = new RecordingLog();
  const lock = new RecordingLock();
  const limits = new ConnectionLimits({ connections: 9, perAddress: 9, perAccount: rest.perAccount ?? 1 });
  let passes = 0;
  const counted = {
    admitSession: (account: string) => {
      const pass = limits.admitSession(account);
      if (typeof pass === "string") return pass;
      passes++;
      return {
        release: () => {
          passes--;
          pass.release();
        },
      };
    },
  };
  const source = { locate: () => place, open };
  const opener = new MaildropOpener({ source, lock, clock, log, markRetrieved: true, limits: counted });
  const abort = new AbortController();
  const request = (): Promise<OpeningResult> =>
    opener.open({
      account: { name: "ana", maildir: undefined },
      peer: {
        ...{ session: "s1", address: "192.0.2.1", port: 1, listener: "192.0.2.2:110" },
        ...{ encrypted: false, apopStamp: undefined },
      },
      signal: abort.signal,
    });
  return { request, abort, clock, log, lock, passes: () => passes };
}

const opened = (): OpenOutcome => ({ type: "opened", maildrop: recordedMaildrop(messages("x")).maildrop });

const here = { host: "mx2", pid: 7, session: "s9" };
const elsewhere = { host: "mx3", pid: 8, session: undefined };

const REFUSALS: readonly (readonly [string, Scene, LockOutcome | undefined, string, string])[] = [
  ["a name without a place", { place: undefined }, undefined, "broken", "the user name has no place below the spool"],
  ["one session too many", { perAccount: 0 }, undefined, "too-many", "too many sessions of this account"],
  ["another session", {}, { type: "in-use", holder: here }, "in-use", "locked by session s9"],
  ["another process", {}, { type: "in-use", holder: elsewhere }, "in-use", "locked by process 8 on mx3"],
  ["another session, unknown", {}, { type: "in-use", holder: undefined }, "in-use", "locked"],
  ["a lock the disk refuses", {}, { type: "unavailable", cause: new Error("EROFS") }, "unavailable", "Error: EROFS"],
  [
    "an unmounted spool",
    { open: () => ({ type: "unavailable", error: new StorageError("READ_FAILED", "/spool", new Error("EIO")) }) },
    ...([undefined, "unavailable", new StorageError("READ_FAILED", "/spool", new Error("EIO")).message] as const),
  ],
  ["an opening that rejects", { open: () => Promise.reject(new Error("bug")) }, undefined, "unavailable", "Error: bug"],
  [
    "an opening that throws",
    {
      open: () => {
        throw new Error("bug");
      },
    },
    ...([undefined, "unavailable", "Error: bug"] as const),
  ],
];

for (const [what, parts, locked, reason, why] of REFUSALS) {
  test(`${what} is refused as ${reason}, and keeps neither lock nor pass`, async () => {
    const { request, lock, log, passes } = scene(parts);
    lock.next = locked && Promise.resolve(locked);
    assert.deepEqual(await request(), { type: "refused", reason });
    assert.equal(lock.held, 0);
    assert.equal(passes(), 0);
    assert.deepEqual(log.of("maildrop-refused"), [{ session: "s1", user: "ana", reason, why }]);
  });
}

test("a maildrop that is opened belongs to the caller; releasing it twice gives back lock and pass once", async () => {
  const { request, lock, passes } = scene();
  const result = await request();
  assert.equal(result.type, "opened");
  assert.deepEqual([lock.held, passes()], [1, 1]);
  assert.deepEqual(await request(), { type: "refused", reason: "too-many" }, "the account has its one session");
  if (result.type !== "opened") return;
  await Promise.all([result.maildrop.release(), result.maildrop.release()]);
  await result.maildrop.release();
  assert.deepEqual([lock.leases[0]?.releases, passes()], [1, 0]);
  assert.equal((await request()).type, "opened");
});

test("an opening of more than 45 s is answered as indexing; what opens later is closed", async () => {
  const opening = gate<OpenOutcome>();
  const { maildrop, record } = recordedMaildrop([]);
  const { request, clock, lock, passes } = scene({ open: () => opening.promise });
  const result = request();
  await until(() => clock.pending === 1);
  clock.advance(LATE_MS - 1);
  await turn();
  assert.equal(lock.held, 1);
  clock.advance(1);
  assert.deepEqual(await result, { type: "refused", reason: "indexing" });
  assert.deepEqual([lock.held, passes(), record.closed], [0, 0, 0]);
  opening.open({ type: "opened", maildrop });
  await until(() => record.closed === 1);
  assert.deepEqual([lock.leases[0]?.releases, passes()], [1, 0]);
});

for (const [what, end] of [
  ["has gone", ({ abort }) => abort.abort()],
  ["has waited for 45 s", ({ clock }) => clock.advance(LATE_MS)],
  ["has lost the lock", ({ lock }) => lock.leases[0]?.lose()],
] as const satisfies readonly (readonly [string, (world: ReturnType<typeof scene>) => void])[]) {
  test(`an opening whose client ${what} may change nothing any more`, async () => {
    const opening = gate<OpenOutcome>();
    const asked: (() => boolean)[] = [];
    const world = scene({
      open: (_place, _account, mayGoOn) => {
        asked.push(mayGoOn);
        return opening.promise;
      },
    });
    const result = world.request();
    await until(() => world.clock.pending === 1);
    assert.equal(asked[0]?.(), true);
    end(world);
    await turn();
    assert.equal(asked[0]?.(), false);
    opening.open(opened());
    await result;
  });
}

test("what an abandoned opening had to remove is logged all the same", async () => {
  const opening = gate<SourceOutcome>();
  const { maildrop, record } = recordedMaildrop(messages("x"));
  const { request, clock, log } = scene({ open: () => opening.promise });
  const result = request();
  await until(() => clock.pending === 1);
  clock.advance(LATE_MS);
  await result;
  const report = { removed: [{ position: 0, path: "cur/1", how: "unlinked" as const }], failed: [] };
  opening.open({ type: "opened", maildrop, finished: { report, messages: maildrop.messages } });
  await until(() => record.closed === 1);
  assert.deepEqual(
    log.of("message-removed").map(({ user, file, why }) => ({ user, file, why })),
    [{ user: "ana", file: "cur/1", why: "cut-off-update" }],
  );
});

test("an opening in time leaves no timer behind", async () => {
  const { request, clock } = scene({ open: async () => opened() });
  assert.equal((await request()).type, "opened");
  assert.equal(clock.pending, 0);
});

for (const [what, settle] of [
  ["fails", (opening) => opening.fail(new Error("EIO"))],
  ["is refused", (opening) => opening.open({ type: "unavailable", error: new StorageError("READ_FAILED", "/s", 0) })],
  [
    "opens but cannot be closed",
    (opening) => {
      const close = () => Promise.reject(new Error("ENOSPC"));
      opening.open({ type: "opened", maildrop: { ...recordedMaildrop([]).maildrop, close } });
    },
  ],
] as const satisfies readonly (readonly [string, (opening: ReturnType<typeof gate<OpenOutcome>>) => void])[]) {
  test(`a late opening that ${what} after all troubles nobody`, async () => {
    const opening = gate<OpenOutcome>();
    const { request, clock } = scene({ open: () => opening.promise });
    const result = request();
    await until(() => clock.pending === 1);
    clock.advance(LATE_MS);
    assert.deepEqual(await result, { type: "refused", reason: "indexing" });
    settle(opening);
    await turn();
  });
}

test("a client that goes while its maildrop is opened keeps no lock, and is no trouble to report", async () => {
  const opening = gate<OpenOutcome>();
  const { maildrop, record } = recordedMaildrop([]);
  const { request, abort, clock, lock, log, passes } = scene({ open: () => opening.promise });
  const result = request();
  await until(() => clock.pending === 1);
  abort.abort();
  assert.equal((await result).type, "refused");
  assert.deepEqual([lock.held, passes(), clock.pending], [0, 0, 0]);
  opening.open({ type: "opened", maildrop });
  await until(() => record.closed === 1);
  assert.deepEqual(log.events, []);
});
