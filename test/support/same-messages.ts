// Compares messages octet for octet, whatever their order, and shows where the first difference lies.

import assert from "node:assert/strict";

const CONTEXT = 30;

/** Fails unless both hold the same messages, in any order. */
export function assertSameMessages(actual: readonly Buffer[], expected: readonly Buffer[]): void {
  const left = actual.toSorted(Buffer.compare);
  const right = expected.toSorted(Buffer.compare);
  for (const [position, message] of left.entries()) {
    const other: Buffer | undefined = right[position];
    if (other === undefined || message.equals(other)) continue;
    const at = message.findIndex((octet, offset) => octet !== other[offset]);
    assert.fail(
      `message ${position}: ${excerpt(message, at)} where ${excerpt(other, at)} was expected, at octet ${at}`,
    );
  }
  assert.equal(left.length, right.length, "number of messages");
}

const excerpt = (message: Buffer, at: number): string =>
  JSON.stringify(message.toString("latin1", Math.max(0, at - CONTEXT), at + CONTEXT));
