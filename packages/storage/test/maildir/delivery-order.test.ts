import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { inDeliveryOrder } from "#storage/maildir/delivery-order";
import { CUR, GrowingNames } from "#storage/maildir/message-names";

interface Message {
  readonly name: string;
  readonly time: number;
}

async function sorted(messages: readonly Message[], rows = messages.map((_, row) => row)): Promise<number[]> {
  const names = new GrowingNames();
  for (const { name } of messages) names.append(name, name.length, CUR);
  const times = Float64Array.from(messages, ({ time }) => time);
  return [...(await inDeliveryOrder(Uint32Array.from(rows), { names, times }, () => undefined))];
}

test("time goes before name, and names are compared as octets", async () => {
  const messages = [
    { name: "b", time: 2 },
    { name: "a", time: 3 },
    { name: "\xe9", time: 2 },
    { name: "Z", time: 2 },
    { name: "ba", time: 2 },
    { name: "z", time: 1 },
  ];
  assert.deepEqual(await sorted(messages), [5, 3, 0, 4, 2, 1]);
});

test("nothing and one message are in order", async () => {
  assert.deepEqual(await sorted([]), []);
  assert.deepEqual(await sorted([{ name: "a", time: 0 }]), [0]);
});

test("the order is that of a naive sort, whatever the order before", async () => {
  const message = fc.record({ name: fc.string({ maxLength: 3 }), time: fc.nat(5) });
  const messages = fc.uniqueArray(message, { selector: ({ name }) => name, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(messages, fc.infiniteStream(fc.nat()), async (given, random) => {
      const rows = given.map((_, row) => row);
      const naive = [...rows].sort((a, b) => {
        const [first, second] = [given[a] as Message, given[b] as Message];
        return first.time - second.time || (first.name < second.name ? -1 : 1);
      });
      const shuffled = rows
        .map((row) => ({ row, key: random.next().value }))
        .sort((a, b) => a.key - b.key)
        .map(({ row }) => row);
      assert.deepEqual(await sorted(given, shuffled), naive);
    }),
  );
});

test("a long merge gives others their turn", async () => {
  const names = new GrowingNames();
  for (let row = 0; row < 1_000; row++) names.append(`${row}`, 1, CUR);
  const times = Float64Array.from({ length: 1_000 }, (_, row) => (row * 7_919) % 1_009);
  let pauses = 0;
  const order = await inDeliveryOrder(Uint32Array.from(times.keys()), { names, times }, () => {
    pauses += 1;
    return Promise.resolve();
  });
  assert.ok(pauses > 100);
  assert.deepEqual(
    Array.from(order, (row) => times[row]),
    [...times].sort((a, b) => a - b),
  );
});
