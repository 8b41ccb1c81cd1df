// A maildrop of an embedding program: messages in memory, for tests and for programs that have mail but no Maildir.

import { createHash } from "node:crypto";
import { isUniqueId } from "@postigo/protocol";
import type { Maildrop, MessageTable, OpenMessage, RemovalReport } from "@postigo/storage";

export interface MemoryMessage {
  /** The message as it is; line ends may be LF or CRLF. */
  readonly content: string | Uint8Array;
  /** 1–70 octets of 0x21–0x7E; made from the content when left out. */
  readonly uniqueId?: string;
}

export interface MemoryMaildropOptions {
  /** Hears of each message that a client has deleted, when the client quits. */
  readonly onRemoved?: (message: MemoryMessage) => void;
}

/** Throws a RangeError for a unique-id that RFC 1939 §7 forbids, or that stands twice. */
export function createMemoryMaildrop(
  messages: readonly MemoryMessage[],
  options: MemoryMaildropOptions = {},
): Maildrop {
  const stored = messages.map((message) => ({ message, ...measure(message) }));
  checkUniqueIds(stored.map(({ uniqueId }) => uniqueId));
  const at = (position: number) => {
    const entry = stored[position];
    if (entry === undefined) throw new RangeError(`no message at ${position}`);
    return entry;
  };
  const table: MessageTable = {
    count: stored.length,
    octetsAt: (position) => at(position).wireOctets,
    // Nothing says so: they never grow old.
    deliveredAt: () => Number.POSITIVE_INFINITY,
    fileOctetsAt: (position) => at(position).octets.length,
    uniqueIdAt: (position) => at(position).uniqueId,
    copyUniqueId: (position, target, start) => Buffer.from(at(position).uniqueId, "latin1").copy(target, start),
    pathAt: (position) => `memory/${at(position).uniqueId}`,
  };
  return {
    messages: table,
    readsAtOnce: true,
    open: (position, target) => openOctets(at(position), target),
    correctOctets: () => undefined,
    remove: async (positions): Promise<RemovalReport> => ({
      removed: positions.map((position) => {
        options.onRemoved?.(at(position).message);
        return { position, path: table.pathAt(position), how: "unlinked" as const };
      }),
      failed: [],
    }),
    markRetrieved: async () => undefined,
    close: async () => undefined,
  };
}

interface Measured {
  readonly octets: Uint8Array;
  readonly uniqueId: string;
  readonly wireOctets: number;
}

function checkUniqueIds(uniqueIds: readonly string[]): void {
  const seen = new Set<string>();
  for (const uniqueId of uniqueIds) {
    if (!isUniqueId(uniqueId)) throw new RangeError(`unique-id ${JSON.stringify(uniqueId)} is not 1-70 of 0x21-0x7E`);
    if (seen.has(uniqueId))
      throw new RangeError(`unique-id ${uniqueId} stands twice: give each message one of its own`);
    seen.add(uniqueId);
  }
}

function measure({ content, uniqueId }: MemoryMessage): Measured {
  const octets = typeof content === "string" ? Buffer.from(content) : content;
  const text = Buffer.from(octets).toString("latin1");
  const canonical = text.replaceAll(/(?<!\r)\n/g, "\r\n");
  const closing = canonical === "" || canonical.endsWith("\n") ? 0 : 2;
  const digest = createHash("sha256").update(octets).digest("base64url");
  return { octets, uniqueId: uniqueId ?? digest, wireOctets: canonical.length + closing };
}

function openOctets({ octets, wireOctets }: Measured, target: Uint8Array): OpenMessage {
  let done = 0;
  const read = (into: Uint8Array): number => {
    const piece = octets.subarray(done, done + into.length);
    into.set(piece);
    done += piece.length;
    return piece.length;
  };
  return {
    octets: wireOctets,
    fileOctets: octets.length,
    chunk: target,
    first: read(target),
    read,
    close: () => undefined,
  };
}
