// Maildrops whose every step a test can hold up, break or count.

import type { Maildrop, OpenMessage } from "@postigo/storage";
import { createMemoryMaildrop, type MemoryMessage } from "#server/maildrop/memory-maildrop";

export const messages = (...contents: (string | Uint8Array)[]): MemoryMessage[] =>
  contents.map((content, index) => ({ content, uniqueId: `uid-${index + 1}` }));

export interface MaildropRecord {
  removed: number[];
  marked: number[];
  closed: number;
  /** Messages that stand open. */
  open: number;
}

/** A maildrop that tells what happened to it; `over` replaces what it does. */
export function recordedMaildrop(
  contents: readonly MemoryMessage[],
  over: Partial<Maildrop> = {},
): { maildrop: Maildrop; record: MaildropRecord } {
  const inner = createMemoryMaildrop(contents);
  const record: MaildropRecord = { removed: [], marked: [], closed: 0, open: 0 };
  const maildrop: Maildrop = {
    ...inner,
    open(position, target) {
      const opened = inner.open(position, target) as OpenMessage;
      record.open++;
      return { ...opened, close: once(() => record.open--) };
    },
    async remove(positions) {
      record.removed.push(...positions);
      return inner.remove(positions);
    },
    async markRetrieved(positions) {
      record.marked.push(...positions);
    },
    async close() {
      record.closed++;
    },
    ...over,
  };
  return { maildrop, record };
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
  };
}

/** The wire form of a message, made the slow and obvious way: CRLF, byte-stuffing, termination octet (RFC 1939 §3). */
export function wireForm(content: string | Uint8Array): Buffer {
  const text = Buffer.from(content)
    .toString("latin1")
    .replaceAll(/(?<!\r)\n/g, "\r\n");
  const closed = text === "" || text.endsWith("\r\n") ? text : `${text}\r\n`;
  const stuffed = closed.replaceAll(/(^|\r\n)\./g, "$1..");
  return Buffer.from(`${stuffed}.\r\n`, "latin1");
}
