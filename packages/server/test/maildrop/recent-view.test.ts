import assert from "node:assert/strict";
import { test } from "node:test";
import type { MessageTable, OpenMessage } from "@postigo/storage";
import type { OpenedMaildrop } from "#server/maildrop/maildrop-opener";
import { recentView } from "#server/maildrop/recent-view";
import { messages, recordedMaildrop } from "../support/memory-maildrops.js";

/** Delivered at 100, 500, 200, 400: imported orders need not be those of the days. */
const DELIVERED = [100, 500, 200, 400];

function opened(delivered: readonly number[] = DELIVERED) {
  const { maildrop, record } = recordedMaildrop(messages(...delivered.map((at) => `Subject: ${at}\n\nx\n`)));
  const told: number[][] = [];
  const table: MessageTable = { ...maildrop.messages, deliveredAt: (position) => delivered[position] ?? 0 };
  const whole: OpenedMaildrop = {
    type: "opened",
    maildrop: { ...maildrop, messages: table },
    onRemoved: ({ removed }) => told.push(removed.map(({ position }) => position)),
  };
  return { whole, table, record, told };
}

const uidsOf = ({ maildrop: { messages } }: OpenedMaildrop) =>
  Array.from({ length: messages.count }, (_, position) => messages.uniqueIdAt(position));

test("a view shows what was delivered since, under the same unique-ids, octets and paths, in the same order", () => {
  const { whole, table } = opened();
  const view = recentView(whole, 300);
  assert.deepEqual(uidsOf(view), ["uid-2", "uid-4"]);
  const { messages } = view.maildrop;
  for (const [position, at] of [
    [0, 1],
    [1, 3],
  ] as const) {
    assert.equal(messages.octetsAt(position), table.octetsAt(at));
    assert.equal(messages.fileOctetsAt(position), table.fileOctetsAt(at));
    assert.equal(messages.deliveredAt(position), table.deliveredAt(at));
    assert.equal(messages.pathAt(position), table.pathAt(at));
    const octets = new Uint8Array(70);
    const length = messages.copyUniqueId(position, octets, 2);
    assert.equal(Buffer.from(octets.subarray(2, 2 + length)).toString(), `uid-${at + 1}`);
  }
});

test("a message delivered at the very moment is shown; a view without messages is empty", () => {
  assert.deepEqual(uidsOf(recentView(opened().whole, 400)), ["uid-2", "uid-4"]);
  assert.deepEqual(uidsOf(recentView(opened().whole, 501)), []);
});

test("what is not shown cannot be read, removed or marked: positions are those of the view", async () => {
  const { whole, record, told } = opened();
  const view = recentView(whole, 300);
  const message = (await view.maildrop.open(1, new Uint8Array(4096))) as OpenMessage;
  assert.match(Buffer.from(message.chunk.subarray(0, message.first)).toString(), /Subject: 400/);
  message.close();
  const report = await view.maildrop.remove([0, 1]);
  assert.deepEqual(record.removed, [1, 3]);
  assert.deepEqual(
    report.removed.map(({ position, path }) => [position, path]),
    [
      [0, "memory/uid-2"],
      [1, "memory/uid-4"],
    ],
  );
  view.onRemoved?.(report);
  assert.deepEqual(told, [[1, 3]], "the judge of the maildrop hears of the whole table");
  await view.maildrop.markRetrieved([1]);
  assert.deepEqual(record.marked, [3]);
  view.maildrop.correctOctets(0, 7);
  assert.equal(view.maildrop.readsAtOnce, whole.maildrop.readsAtOnce);
  await view.maildrop.close();
  assert.equal(record.closed, 1);
});

test("a removal that fails is told under its position in the view", async () => {
  const { whole } = opened();
  const failing = { ...whole.maildrop, remove: async () => ({ removed: [], failed: [{ position: 3, cause: "EIO" }] }) };
  const { onRemoved: _, ...unheard } = { ...whole, maildrop: failing };
  const view = recentView(unheard, 300);
  assert.deepEqual(await view.maildrop.remove([1]), { removed: [], failed: [{ position: 1, cause: "EIO" }] });
  assert.equal(view.onRemoved, undefined);
});

test("where nothing is older the maildrop is the view, and pays nothing", () => {
  const { whole } = opened();
  assert.equal(recentView(whole, 100), whole);
});

test("as long as it shows the same it is the same table: listings are rendered once", () => {
  const { whole } = opened();
  const table = recentView(whole, 300).maildrop.messages;
  assert.equal(recentView(whole, 350).maildrop.messages, table);
  assert.equal(recentView(whole, 400).maildrop.messages, table);
  assert.notEqual(recentView(whole, 401).maildrop.messages, table);
  assert.deepEqual(uidsOf(recentView(whole, 401)), ["uid-2"]);
});

test("a view that begins earlier shows more: after a reload with more days, or a clock that ran ahead and was set back", () => {
  const { whole } = opened();
  assert.deepEqual(uidsOf(recentView(whole, 1_000)), []);
  assert.deepEqual(uidsOf(recentView(whole, 450)), ["uid-2"]);
  assert.deepEqual(uidsOf(recentView(whole, 200)), ["uid-2", "uid-3", "uid-4"]);
  assert.equal(recentView(whole, 100), whole);
});
