// Tables of unique-ids, folders and records as the canary sees them.

import type { MaildirFolders, MessageTable } from "@postigo/storage";
import type { CanaryFiles } from "#server/canary/canary-files";
import type { CanaryRecord } from "#server/canary/canary-record";
import { createMemoryMaildrop } from "#server/maildrop/memory-maildrop";

/** `count` unique-ids that differ in their digits, as delivery agents make them. */
export const ids = (count: number, first = 0): string[] =>
  Array.from({ length: count }, (_, n) => `${1_795_000_000 + first + n}.M${first + n}P7.mx.example.org`);

export const tableOf = (uniqueIds: readonly string[]): MessageTable =>
  createMemoryMaildrop(uniqueIds.map((uniqueId) => ({ content: "", uniqueId }))).messages;

export const folders = (inode: number, device = 1): MaildirFolders => ({
  new: { device: BigInt(device), inode: BigInt(inode) },
  cur: { device: BigInt(device), inode: BigInt(inode + 1) },
});

export const recordOf = (over: Partial<CanaryRecord> = {}): CanaryRecord => ({
  folders: folders(10),
  bootId: "b0",
  count: 3,
  sample: Uint32Array.of(1, 0xab, 0xffff_ffff),
  ...over,
});

/** Records in memory, shared by what stands for several processes. */
export class FakeFiles implements CanaryFiles {
  readonly directory = "/state";
  readonly records = new Map<string, CanaryRecord>();
  loads = 0;
  saves = 0;
  fault: Error | undefined;

  async load(maildrop: string): Promise<CanaryRecord | "spoilt" | undefined> {
    this.loads += 1;
    if (this.fault) throw this.fault;
    return this.records.get(maildrop);
  }

  async save(maildrop: string, record: CanaryRecord): Promise<void> {
    this.saves += 1;
    if (this.fault) throw this.fault;
    this.records.set(maildrop, record);
  }
}
