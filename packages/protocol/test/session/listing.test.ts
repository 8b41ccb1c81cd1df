import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type MessageNumber, messageNumberAt } from "#protocol/message-number";
import { DeletionMarks } from "#protocol/session/deletion-marks";
import { Listing } from "#protocol/session/listing";
import type { ListingSource } from "#protocol/session/listing-source";
import { isUniqueId } from "#protocol/unique-id";
import { latin1 } from "../support/fake-server.js";
import { textOf } from "../support/octets.js";

interface Entry {
  readonly octets: number;
  readonly uniqueId: string;
}

const sourceOf = (entries: readonly Entry[]): ListingSource => ({
  count: entries.length,
  octetsAt: (position) => (entries[position] as Entry).octets,
  uniqueIdAt: (position) => (entries[position] as Entry).uniqueId,
});

/** As a source that holds octets would. */
const copyingSourceOf = (entries: readonly Entry[]): ListingSource => ({
  ...sourceOf(entries),
  copyUniqueId(position, target, at) {
    const octets = latin1((entries[position] as Entry).uniqueId).subarray(0, 100);
    target.set(octets, at);
    return octets.length;
  },
});

const uniqueId = fc.oneof(
  fc.string({ unit: fc.constantFrom("a", "~", "!", "Z"), maxLength: 90 }),
  fc.constantFrom("", " ", "a b", "a\x7f", "x".repeat(70), "x".repeat(71), "a\r\nb", "ñ"),
);
const entries = fc.array(fc.record({ octets: fc.oneof(fc.nat(9), fc.maxSafeNat()), uniqueId }), { maxLength: 200 });

describe("a listing", () => {
  test("RFC 1939 §5: LIST has a line for each message that is not left out, with its own number", () => {
    fc.assert(
      fc.property(entries, fc.nat(5), (held, every) => {
        const isLeftOut = every === 0 ? undefined : (position: number) => position % every === 0;
        const lines = held.map(({ octets }, position) =>
          isLeftOut?.(position) ? "" : `${position + 1} ${octets}\r\n`,
        );
        assert.equal(textOf(new Listing(sourceOf(held)).scanListing(isLeftOut)), `${lines.join("")}.\r\n`);
      }),
    );
  });

  for (const [form, make] of [
    ["text", sourceOf],
    ["octets", copyingSourceOf],
  ] as const) {
    test(`RFC 1939 §7: UIDL has a line for each message with a legal unique-id, from a source of ${form}`, () => {
      fc.assert(
        fc.property(entries, fc.nat(5), (held, every) => {
          const isLeftOut = every === 0 ? undefined : (position: number) => position % every === 0;
          const lines = held.map(({ uniqueId: id }, position) =>
            isLeftOut?.(position) || !isUniqueId(id) ? "" : `${position + 1} ${id}\r\n`,
          );
          assert.equal(textOf(new Listing(make(held)).uniqueIdListing(isLeftOut)), `${lines.join("")}.\r\n`);
        }),
        { numRuns: 300 },
      );
    });
  }

  test("grows with lines that are longer than the first ones", () => {
    const held = Array.from({ length: 3000 }, (_, index) => ({
      octets: 1,
      uniqueId: "x".repeat(index < 1000 ? 1 : 70),
    }));
    const lines = held.map(({ uniqueId: id }, position) => `${position + 1} ${id}\r\n`);
    assert.equal(textOf(new Listing(sourceOf(held)).uniqueIdListing()), `${lines.join("")}.\r\n`);
  });

  test("is made once, and holds no more memory than it needs", () => {
    const listing = new Listing(sourceOf([{ octets: 1, uniqueId: "a" }]));
    assert.equal(listing.scanListing(), listing.scanListing());
    assert.equal(listing.uniqueIdListing(), listing.uniqueIdListing());
    assert.equal(listing.uniqueIdListing().buffer.byteLength, listing.uniqueIdListing().length);
  });

  test("adds its octets up once", () => {
    let asked = 0;
    const octetsAt = (position: number): number => {
      asked++;
      return position + 1;
    };
    const source = { ...sourceOf([]), count: 3, octetsAt };
    const listing = new Listing(source);
    assert.deepEqual([listing.totalOctets, listing.totalOctets, listing.count], [6, 6, 3]);
    assert.equal(asked, 3);
  });

  test("RFC 1939 §7: a unique-id that is none is not given out", () => {
    const listing = new Listing(
      sourceOf([
        { octets: 1, uniqueId: "a" },
        { octets: 1, uniqueId: "a b" },
      ]),
    );
    assert.equal(listing.uniqueId(messageNumberAt(0)), "a");
    assert.equal(listing.uniqueId(messageNumberAt(1)), undefined);
    assert.equal(listing.octets(messageNumberAt(1)), 1);
  });
});

describe("deletion marks", () => {
  test("agree with a set of numbers, over any marking and taking back", () => {
    const act = fc.oneof(
      { weight: 20, arbitrary: fc.nat(129) },
      { weight: 1, arbitrary: fc.constant("clear" as const) },
    );
    const listing = new Listing({ count: 130, octetsAt: (position) => position * 3, uniqueIdAt: String });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const marks = new DeletionMarks(listing);
        const naive = new Set<MessageNumber>();
        for (const each of acts) apply(marks, naive, each);
        assert.deepEqual(
          marks.inOrder(),
          [...naive].sort((a, b) => a - b),
        );
        assert.equal(marks.count, naive.size);
        assert.equal(
          marks.octets,
          [...naive].reduce((sum, message) => sum + listing.octets(message), 0),
        );
        const filter = marks.asFilter();
        assert.equal(filter === undefined, naive.size === 0);
        for (let position = 0; position < 130; position++) {
          assert.equal(filter?.(position) ?? false, naive.has(messageNumberAt(position)));
        }
      }),
    );
  });

  test("D27: marking every message of a big maildrop and asking for the sums takes no search", () => {
    const listing = new Listing({ count: 100_000, octetsAt: () => 2, uniqueIdAt: String });
    const marks = new DeletionMarks(listing);
    for (let position = 0; position < 100_000; position++) {
      marks.add(messageNumberAt(position));
      assert.equal(marks.octets, 2 * (position + 1));
    }
    assert.equal(marks.inOrder().length, 100_000);
  });
});

function apply(marks: DeletionMarks, naive: Set<MessageNumber>, act: number | "clear"): void {
  if (act === "clear") {
    marks.clear();
    naive.clear();
    return;
  }
  const message = messageNumberAt(act);
  assert.equal(marks.has(message), naive.has(message));
  if (!naive.has(message)) marks.add(message);
  naive.add(message);
}
