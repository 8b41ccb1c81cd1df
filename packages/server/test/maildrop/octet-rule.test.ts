import assert from "node:assert/strict";
import { test } from "node:test";
import { createWireKernel, NOTHING_BEFORE } from "@postigo/protocol";
import { createOctetRule } from "#server/maildrop/octet-rule";

const WINDOW = 16;

/** Counted the obvious way: one more for each LF without CR before it. */
const added = (octets: Uint8Array, previous: number): number =>
  octets.reduce((sum, octet, at) => sum + (octet === 10 && (at === 0 ? previous : octets[at - 1]) !== 13 ? 1 : 0), 0);

test("chunks in the kernel's memory and chunks from elsewhere are counted alike, over every border", () => {
  const kernel = createWireKernel(65_536);
  const window = kernel.memory.subarray(32, 32 + WINDOW);
  const rule = createOctetRule(kernel, window);
  const text = Buffer.from("\n\r\n.\n\r\r\nabcdefg\r\nhij\n\n\r\nklmno\npq\r");
  for (let length = 0; length <= text.length; length++) {
    for (const previous of [NOTHING_BEFORE, 13, 10, 0x61]) {
      const piece = Uint8Array.from(text.subarray(0, length));
      assert.equal(rule.added(piece, length, previous), added(piece, previous), `${length} after ${previous}`);
      if (length > WINDOW) continue;
      window.set(piece);
      assert.equal(
        rule.added(window, length, previous),
        added(piece, previous),
        `${length} in place after ${previous}`,
      );
    }
  }
});

test("the octets that close a message: CRLF unless it ends in LF or has no octet at all", () => {
  const kernel = createWireKernel(65_536);
  const { addedAtEnd } = createOctetRule(kernel, kernel.memory.subarray(0, WINDOW));
  assert.deepEqual([NOTHING_BEFORE, 10, 13, 0x61].map(addedAtEnd), [0, 0, 2, 2]);
});
