// UPDATE, and what a session leaves behind: removals counted, retrieved messages marked, the lock free at the end.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Listing, messageNumberAt } from "@postigo/protocol";
import type { Maildrop } from "@postigo/storage";
import { MaildropSession } from "#server/maildrop/maildrop-session";
import { messages, recordedMaildrop } from "../support/memory-maildrops.js";
import { RecordingLease } from "../support/recording-lock.js";
import { RecordingLog } from "../support/recording-log.js";
import { gate, turn } from "../support/until.js";

function scene(over: Partial<Maildrop> = {}, markRetrieved = true) {
  const { maildrop, record } = recordedMaildrop(messages("one", "two", "three"), over);
  const lease = new RecordingLease();
  const log = new RecordingLog();
  const order: string[] = [];
  const session = new MaildropSession({
    ...{ session: "s1", user: "ana", maildrop, listing: new Listing(maildrop.messages), lease, log, markRetrieved },
    onReleased: () => order.push(`released with ${lease.releases} lock given back`),
  });
  return { session, record, lease, log, order };
}

const numbers = (...positions: number[]) => positions.map((position) => messageNumberAt(position));

test("RFC 1939 §6: UPDATE removes what is marked, marks what was retrieved, and frees the lock before it is answered", async () => {
  const { session, record, lease, log, order } = scene();
  session.retrieved(messageNumberAt(0));
  session.retrieved(messageNumberAt(1));
  assert.deepEqual(await session.update(numbers(1)), { type: "updated", failed: 0 });
  assert.deepEqual(record, { removed: [1], marked: [0], closed: 1, open: 0 });
  assert.deepEqual(order, ["released with 1 lock given back"]);
  assert.equal(lease.releases, 1);
  assert.deepEqual(log.of("message-removed"), [
    { session: "s1", user: "ana", uid: "uid-2", file: "memory/uid-2", octets: 5, how: "unlinked", why: "deleted" },
  ]);
});

test("a lock that was lost before UPDATE: nothing is removed and nothing marked", async () => {
  const { session, record, lease } = scene();
  session.retrieved(messageNumberAt(0));
  lease.lose("quietly");
  assert.deepEqual(await session.update(numbers(0, 1)), { type: "lost" });
  assert.deepEqual(record, { removed: [], marked: [], closed: 1, open: 0 });
  assert.equal(lease.releases, 1);
});

test("a lock that is lost during the removal ends it; what is left counts as failed", async () => {
  const asked: boolean[] = [];
  const { session, record, lease } = scene({
    remove: async (positions, mayGoOn = () => true) => {
      asked.push(mayGoOn());
      lease.lose();
      asked.push(mayGoOn());
      const [position = 0, ...rest] = positions;
      return {
        removed: [{ position, path: "cur/x", how: "unlinked" }],
        failed: rest.map((left) => ({ position: left, cause: "stopped" })),
      };
    },
  });
  session.retrieved(messageNumberAt(2));
  assert.deepEqual(await session.update(numbers(0, 1)), { type: "updated", failed: 1 });
  assert.deepEqual(asked, [true, false]);
  assert.deepEqual(record.marked, [], "a maildrop that is no longer ours is not touched");
});

test("messages that could not be removed are counted and logged, and marked if they were retrieved", async () => {
  const { session, record, log } = scene({
    remove: async (positions) => ({
      removed: [],
      failed: positions.map((position) => ({ position, cause: new Error("EACCES") })),
    }),
  });
  session.retrieved(messageNumberAt(0));
  assert.deepEqual(await session.update(numbers(0, 2)), { type: "updated", failed: 2 });
  assert.deepEqual(record.marked, [0]);
  assert.deepEqual(
    log.of("message-not-removed").map(({ uid, file, error }) => [uid, file, error]),
    [
      ["uid-1", "memory/uid-1", "Error: EACCES"],
      ["uid-3", "memory/uid-3", "Error: EACCES"],
    ],
  );
});

test("a release during UPDATE waits for the removal: the lock is held until no message is being removed", async () => {
  const removal = gate<undefined>();
  const { session, record, lease } = scene({
    remove: async (positions) => {
      await removal.promise;
      return { removed: positions.map((position) => ({ position, path: "", how: "unlinked" as const })), failed: [] };
    },
  });
  session.retrieved(messageNumberAt(0));
  session.retrieved(messageNumberAt(1));
  const updated = session.update(numbers(0));
  const released = session.release();
  await turn();
  assert.equal(lease.releases, 0);
  removal.open(undefined);
  await Promise.all([updated, released]);
  assert.deepEqual(record.marked, [1], "what was removed is not marked");
  assert.equal(lease.releases, 1);
});

test("a removal that rejects, against its promise, still frees the lock", async () => {
  const { session, lease, log } = scene({ remove: () => Promise.reject(new Error("bug")) });
  await assert.rejects(session.update(numbers(0)), /bug/);
  await session.release();
  assert.equal(lease.releases, 1);
  assert.equal(log.of("maildrop-close-failed").length, 1);
});

for (const what of ["markRetrieved", "close"] as const) {
  test(`a ${what} that fails is logged; the lock is free`, async () => {
    const { session, lease, log } = scene({ [what]: () => Promise.reject(new Error("ENOSPC")) });
    session.retrieved(messageNumberAt(0));
    await session.release();
    assert.equal(lease.releases, 1);
    assert.deepEqual(log.of("maildrop-close-failed"), [{ session: "s1", user: "ana", error: "Error: ENOSPC" }]);
  });
}

test("maildrop.retrieved: leave changes nothing", async () => {
  const { session, record } = scene({}, false);
  session.retrieved(messageNumberAt(0));
  assert.equal(session.retrievedCount, 0);
  await session.release();
  assert.deepEqual(record.marked, []);
});
