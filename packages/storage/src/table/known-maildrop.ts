// What is known of one maildrop between two openings: the last table, what it was worth, and what is not saved yet.

import type { Fact } from "../index/fact-log.js";
import type { SavedIndex } from "../index/load-index.js";
import { type MaildirFolders, type Stamps, sameStamps } from "../maildir/stamps.js";
import type { Measured } from "../message/octet-count.js";
import type { FileStatus } from "../ports/file-system.js";
import type { Identities } from "../uid/identities.js";
import type { Remembered } from "./draft.js";
import { IdentifiedTable } from "./identified-table.js";
import { MEASURED, MessageColumns } from "./message-columns.js";

export interface Knowledge {
  readonly table: MessageColumns;
  /** Those of the folders at the listing, if it can be trusted while they stay. */
  readonly stamps: Stamps | undefined;
  /** Where the listing found the messages; undefined if it was not made yet, or the maildrop does not exist. */
  readonly folders: MaildirFolders | undefined;
  /** 1 for each message that the index does not hold. */
  readonly learnt: Uint8Array;
  /** Messages among them that had to be read. */
  readonly counted: number;
  readonly saved: SavedIndex | undefined;
  /** Paths of all files of a unique name that several bear: then the listing is made anew each time. */
  readonly copies: ReadonlyMap<string, readonly string[]>;
}

/** What postigo.uids says about the messages of one table. */
export interface Naming {
  /** As it stood before it was read; undefined: there was none. */
  readonly file: FileStatus | undefined;
  /** Whether a file that looks the same is the same. */
  readonly isTrusted: boolean;
  readonly identities: Identities | undefined;
}

export class KnownMaildrop implements Remembered {
  saved: SavedIndex | undefined;
  readonly folders: MaildirFolders | undefined;
  readonly copies: ReadonlyMap<string, readonly string[]>;
  #table: MessageColumns;
  #stamps: Stamps | undefined;
  readonly #learnt: Uint8Array;
  #counted: number;
  #gone: Uint8Array | undefined;
  #naming: Naming | undefined;
  #identified: IdentifiedTable | undefined;
  readonly #corrections = new Map<number, Measured>();
  /** Counted when it is asked for: most sessions change nothing, and must not look at every message to find that out. */
  #unsavedCount: number | undefined;

  constructor({ table, stamps, folders, learnt, counted, saved, copies }: Knowledge) {
    this.#table = table;
    this.#stamps = stamps;
    this.folders = folders;
    this.#learnt = learnt;
    this.#counted = counted;
    this.saved = saved;
    this.copies = copies;
  }

  /** Of the last listing, as it was then: openings share it, so it never changes. */
  get table(): MessageColumns {
    return this.#table;
  }

  /** The table as others see it: under imported unique-ids, and in their order. */
  get served(): MessageColumns | IdentifiedTable {
    const identities = this.#naming?.identities;
    if (identities === undefined) return this.#table;
    if (this.#identified?.base !== this.#table) this.#identified = new IdentifiedTable(this.#table, identities);
    return this.#identified;
  }

  get naming(): Naming | undefined {
    return this.#naming;
  }

  /** Memory it takes. */
  get byteLength(): number {
    return this.#table.byteLength + this.#learnt.length + (this.#naming?.identities?.byteLength ?? 0);
  }

  /** Of the listing, if it can be trusted while they stay. */
  get stamps(): Stamps | undefined {
    return this.#stamps;
  }

  /** Messages not saved yet that had to be read. */
  get counted(): number {
    return this.#counted;
  }

  isGone(position: number): boolean {
    return this.#gone?.[position] === 1;
  }

  isUnsaved(position: number): boolean {
    return this.#learnt[position] === 1;
  }

  /** Whether a listing now would find what the table holds. */
  isCurrent(stamps: Stamps): boolean {
    return this.#stamps !== undefined && sameStamps(this.#stamps, stamps);
  }

  /** Whether the messages have the unique-ids that they would have by a postigo.uids with this status. */
  isNamedBy(file: FileStatus | undefined): boolean {
    if (this.#naming === undefined || !this.#naming.isTrusted) return false;
    const known = this.#naming.file;
    return known === undefined || file === undefined ? known === file : isSameFile(known, file);
  }

  name(naming: Naming): void {
    this.#naming = naming;
    this.#identified = undefined;
  }

  /** Takes over the names that the same table has there. */
  nameAs(other: KnownMaildrop): void {
    this.#naming = other.#naming;
    this.#identified = other.#identified;
  }

  /** The message was measured again. The table in use stays; the next opening gets another. */
  remember(position: number, measured: Measured): void {
    this.#corrections.set(position, measured);
  }

  /** Messages that are no more. Others may have changed something at the same moment, so the next opening lists. */
  forget(positions: readonly number[]): void {
    if (positions.length === 0) return;
    this.#unsavedCount = undefined;
    this.#gone ??= new Uint8Array(this.#table.count);
    for (const position of positions) this.#gone[position] = 1;
    this.#stamps = undefined;
  }

  /** Puts the corrections into a new table. */
  settle(): void {
    if (this.#corrections.size === 0) return;
    this.#unsavedCount = undefined;
    const { names, times, octets, fileOctets, measured } = this.#table;
    const table = new MessageColumns({
      names,
      times,
      octets: octets.slice(),
      fileOctets: fileOctets.slice(),
      measured: measured.slice(),
    });
    for (const [position, { octets, fileOctets }] of this.#corrections) {
      table.octets[position] = octets;
      table.fileOctets[position] = fileOctets;
      table.measured[position] = MEASURED;
      this.#learnt[position] = 1;
    }
    this.#counted += this.#corrections.size;
    this.#corrections.clear();
    this.#table = table;
  }

  /** Messages that still are and that the index does not hold. */
  unsavedCount(): number {
    this.settle();
    this.#unsavedCount ??= this.#countUnsaved();
    return this.#unsavedCount;
  }

  unsaved(): Fact[] {
    this.settle();
    const facts: Fact[] = [];
    for (let position = 0; position < this.#learnt.length; position++) {
      if (this.#learnt[position] === 1 && !this.isGone(position)) facts.push(this.#factAt(position));
    }
    return facts;
  }

  /** The index holds everything now. */
  allSaved(saved: SavedIndex): void {
    this.saved = saved;
    this.#learnt.fill(0);
    this.#counted = 0;
    this.#unsavedCount = 0;
  }

  #countUnsaved(): number {
    let count = 0;
    for (let position = 0; position < this.#learnt.length; position++) {
      if (this.#learnt[position] === 1 && !this.isGone(position)) count += 1;
    }
    return count;
  }

  #factAt(position: number): Fact {
    const { octets, fileOctets, times } = this.#table;
    return {
      uniqueName: this.#table.uniqueNameAt(position),
      octets: octets[position] ?? 0,
      fileOctets: fileOctets[position] ?? 0,
      time: times[position] ?? 0,
    };
  }
}

function isSameFile(a: FileStatus, b: FileStatus): boolean {
  return (
    a.inode === b.inode &&
    a.device === b.device &&
    a.size === b.size &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs &&
    a.kind === b.kind
  );
}
