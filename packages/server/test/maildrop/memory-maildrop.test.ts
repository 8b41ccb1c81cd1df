import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryMaildrop, type MemoryMessage } from "#server/maildrop/memory-maildrop";

test("octets are those of the canonical form, whatever the line ends of the content", () => {
  const contents = ["", "a", "a\n", "a\r\n", "a\r", "a\nb", "ñ\n", "\n\n", new Uint8Array([0, 0x0a, 0xff])];
  const { messages } = createMemoryMaildrop(contents.map((content, at) => ({ content, uniqueId: `u${at}` })));
  const octets = contents.map((_, position) => messages.octetsAt(position));
  assert.deepEqual(octets, [0, 3, 3, 3, 4, 6, 4, 4, 6]);
});

test("a unique-id is made of the content, and the same each time", () => {
  const one = createMemoryMaildrop([{ content: "a\n" }, { content: "b\n" }]).messages;
  const other = createMemoryMaildrop([{ content: Buffer.from("b\n") }]).messages;
  assert.match(one.uniqueIdAt(0), /^[\w-]{43}$/);
  assert.equal(one.uniqueIdAt(1), other.uniqueIdAt(0));
  const target = Buffer.alloc(80);
  assert.equal(target.toString("latin1", 5, 5 + one.copyUniqueId(0, target, 5)), one.uniqueIdAt(0));
});

const ILLEGAL: readonly (readonly [string, readonly MemoryMessage[], RegExp])[] = [
  ["the empty one", [{ content: "a", uniqueId: "" }], /"" is not 1-70/],
  ["one with a space", [{ content: "a", uniqueId: "a b" }], /"a b" is not/],
  ["one of 71 octets", [{ content: "a", uniqueId: "x".repeat(71) }], /is not 1-70/],
  ["a line end", [{ content: "a", uniqueId: "a\r\nb" }], /"a\\r\\nb" is not/],
  [
    "one that stands twice",
    [
      { content: "a", uniqueId: "u" },
      { content: "b", uniqueId: "u" },
    ],
    /u stands twice/,
  ],
  [
    "that of two messages alike",
    [{ content: "a" }, { content: "a" }],
    /stands twice: give each message one of its own/,
  ],
];

for (const [what, messages, message] of ILLEGAL) {
  test(`RFC 1939 §7: ${what} is no unique-id`, () => {
    assert.throws(() => createMemoryMaildrop(messages), { name: "RangeError", message });
  });
}

test("unique-ids of 1 and of 70 octets are legal", () => {
  assert.equal(
    createMemoryMaildrop([
      { content: "", uniqueId: "!" },
      { content: "", uniqueId: "~".repeat(70) },
    ]).messages.count,
    2,
  );
});

test("the embedding program hears of each message that was deleted", async () => {
  const removed: MemoryMessage[] = [];
  const messages = [{ content: "a" }, { content: "b" }, { content: "c" }];
  const maildrop = createMemoryMaildrop(messages, { onRemoved: (message) => removed.push(message) });
  const report = await maildrop.remove([2, 0]);
  assert.deepEqual(removed, [messages[2], messages[0]]);
  assert.deepEqual(
    report.removed.map(({ position, how }) => [position, how]),
    [
      [2, "unlinked"],
      [0, "unlinked"],
    ],
  );
  await maildrop.markRetrieved([1]);
  await maildrop.close();
  assert.throws(() => maildrop.messages.octetsAt(3), RangeError);
});
