// What storage promises about one open maildrop. Positions are 0-based; their order is final for the life of the object.

import type { Eventually } from "./eventually.js";

/** Messages of a maildrop in delivery order, as columns. Immutable; shared by every opening that found the same. */
export interface MessageTable {
  readonly count: number;
  /** Octets of the canonical CRLF form. */
  octetsAt(position: number): number;
  /** When it was delivered, milliseconds since 1970: by its unique name, or else by its file. */
  deliveredAt(position: number): number;
  /** Octets of the file on disk when it was last measured. */
  fileOctetsAt(position: number): number;
  /** 1–70 octets of 0x21–0x7E, unique within the table. */
  uniqueIdAt(position: number): string;
  /** Writes the unique-id into `target` from `offset` on, which must have room for 70 octets; returns its length. Makes no string of it. */
  copyUniqueId(position: number, target: Uint8Array, offset: number): number;
  /** Path below the maildrop as last seen, `new/…` or `cur/…`, one latin-1 character an octet. */
  pathAt(position: number): string;
}

export interface Maildrop {
  readonly messages: MessageTable;
  /** True while reads complete at once; only then may memory that others use too be the target of one. */
  readonly readsAtOnce: boolean;
  /**
   * Opens a message, finding it again by unique name when a flag change has renamed it, and reads its first octets into
   * `target` (at least 4 KiB): a small message costs open, read and close, and nothing else. A target shared with others is
   * safe to give while `readsAtOnce`: if the outcome takes its time all the same, the octets lie in a `chunk` of the message's own.
   */
  open(position: number, target: Uint8Array): Eventually<OpenMessage | MessageTrouble>;
  /** Remembers the true octets of a message whose remembered count was wrong. */
  correctOctets(position: number, octets: number): void;
  /**
   * Unlinks the messages, or puts them aside as `OpenOptions.deleted` says, found by unique name; resolves when each is gone or has failed. Never throws for what a disk can
   * do. `mayGoOn` is asked between slices: false (the lock was lost) ends the work, what is left counts as failed.
   */
  remove(positions: readonly number[], mayGoOn?: () => boolean): Promise<RemovalReport>;
  /** Gives the messages the flag S and moves them from new/ to cur/. Best effort: what fails stays as it was. */
  markRetrieved(positions: readonly number[]): Promise<void>;
  /** Saves what was learnt. Idempotent; the maildrop cannot be used afterwards. */
  close(): Promise<void>;
}

export interface OpenMessage {
  /** Octets of the canonical form, measured again if the file is not the size it had. */
  readonly octets: number;
  readonly fileOctets: number;
  /** Where `open` has put the first octets: its target, or memory of the same length if a shared target was not safe any more. */
  readonly chunk: Uint8Array;
  /** Octets at the start of `chunk`; fewer than it holds: the whole file. */
  readonly first: number;
  /** Reads the next octets of the file into the start of `target`; 0 at the end of the file. Rejects or throws StorageError on a fault. */
  read(target: Uint8Array): Eventually<number>;
  /** Idempotent. */
  close(): void;
}

export type MessageTrouble = "gone" | "unreadable";

export interface RemovalReport {
  /** One for each message that was unlinked or found gone, and for each copy of it that went with it; `path` as in MessageTable. */
  readonly removed: readonly RemovedMessage[];
  readonly failed: readonly { readonly position: number; readonly cause: unknown }[];
}

export interface RemovedMessage {
  readonly position: number;
  readonly path: string;
  /** `gone`: another program had removed it before. */
  readonly how: "unlinked" | "trashed" | "held" | "gone";
}
