// What stands in new/ and cur/, one row a message.
//
// Others rename while we read. A message that goes from new/ to cur/ cannot be missed, because new/ is read first. A message
// whose flags change while cur/ is read may be missed under both names, or met under both: so who misses a message reads once
// more (`pass`), and what any pass has met stays; a message met twice is one, the later pass and then cur/ being right.

import { Buffer } from "node:buffer";
import type { DirectoryEntry, FileSystem } from "../ports/file-system.js";
import { uniqueLengthOf } from "./file-name.js";
import {
  CUR,
  type Folder,
  folderAt,
  GrowingNames,
  isDropped,
  type NameColumns,
  NEW,
  nameAt,
  pathAt,
  uniqueNameAt,
} from "./message-names.js";
import { UniqueNameMap } from "./unique-name-map.js";

/** Lists a maildrop once. Throws what the file system threw when a folder cannot be listed. */
export async function scanMaildir(fs: FileSystem, root: string): Promise<Scan> {
  const scan = Scan.expectingNothing();
  await scan.pass(fs, root);
  return scan;
}

export class Scan {
  /** Those of dropped rows are to be skipped. */
  readonly names: GrowingNames;
  readonly #rowOf: UniqueNameMap;
  /** Paths of further files with the unique name of a message: copies, or its name before a change of flags. */
  readonly #copies = new Map<string, string[]>();
  /** The pass in which each row was met last; 0 for none. */
  #metIn: Uint8Array;
  #passes = 0;
  #count = 0;

  private constructor(known?: NameColumns) {
    this.names = new GrowingNames(known);
    this.#metIn = new Uint8Array(this.names.count + 64);
    this.#rowOf = new UniqueNameMap(this.names);
  }

  static expectingNothing(): Scan {
    return new Scan();
  }

  /** `known`: names, all unique, that are probably met again; they are the first rows, dropped until then. */
  static async expecting(known: NameColumns, breathe: () => Promise<void> | undefined): Promise<Scan> {
    const scan = new Scan(known);
    for (let row = 0; row < known.count; row++) {
      scan.names.drop(row);
      scan.#rowOf.add(row);
      const pause = row % SLICE === 0 ? breathe() : undefined;
      if (pause) await pause;
    }
    return scan;
  }

  /** Messages met. */
  get count(): number {
    return this.#count;
  }

  async pass(fs: FileSystem, root: string): Promise<void> {
    this.#passes += 1;
    this.#copies.clear();
    await this.#read(fs, `${root}/new`, NEW);
    await this.#read(fs, `${root}/cur`, CUR);
  }

  /** The path of a message below the maildrop. */
  pathOf(uniqueName: string): string | undefined {
    const octets = Buffer.from(uniqueName, "latin1");
    const row = this.#rowOf.find(octets, 0, octets.length);
    return row < 0 || isDropped(this.names, row) ? undefined : pathAt(this.names, row);
  }

  /** The row of the message with the unique name at `row`, -1 without one. */
  presentRowOf(row: number): number {
    if (!isDropped(this.names, row)) return row;
    const found = this.#rowOf.findNameOf(this.names, row);
    return found < 0 || isDropped(this.names, found) ? -1 : found;
  }

  /** Whether the last pass has met the row. */
  isMet(row: number): boolean {
    return this.#metIn[row] === this.#passes;
  }

  /** Drops what the last pass has not met. */
  dropUnmet(): void {
    for (let row = 0; row < this.names.count; row++) {
      if (this.isMet(row) || isDropped(this.names, row)) continue;
      this.names.drop(row);
      this.#count -= 1;
    }
  }

  get copies(): ReadonlyMap<string, readonly string[]> {
    return this.#copies;
  }

  /** Whether several files bear the unique name at `row`. */
  isCopied(row: number): boolean {
    return this.#copies.size > 0 && this.#copies.has(uniqueNameAt(this.names, row));
  }

  async #read(fs: FileSystem, path: string, folder: Folder): Promise<void> {
    const listing = await fs.list(path);
    try {
      for (;;) {
        const next = listing.next();
        const entries = next instanceof Promise ? await next : next;
        if (entries.length === 0) return;
        for (const entry of entries) {
          const isMessage = entry.kind === "file" || (entry.kind === "unknown" && (await isFile(fs, path, entry)));
          if (isMessage && entry.name.charCodeAt(0) !== DOT) this.#meet(entry.name, folder);
        }
        const pause = fs.yieldIfDue();
        if (pause) await pause;
      }
    } finally {
      listing.close();
    }
  }

  #meet(name: string, folder: Folder): void {
    const row = this.names.append(name, uniqueLengthOf(name), folder);
    const known = this.#rowOf.add(row);
    if (known === row) {
      this.#count += 1;
      this.#markMet(row);
    } else this.#meetAgain(row, known);
  }

  #meetAgain(row: number, known: number): void {
    const isSame = this.names.isSameFile(row, known);
    if (isSame) this.names.removeLast();
    if (isDropped(this.names, known)) {
      this.#count += 1;
      if (isSame) this.names.restore(known);
    }
    if (isSame) this.#markMet(known);
    else this.#choose(row, known);
  }

  /** Of two files with one unique name; a dropped one has no say. */
  #choose(row: number, known: number): void {
    const isOfThisPass = this.isMet(known) && !isDropped(this.names, known);
    if (isOfThisPass) this.#noteCopy(row, known);
    const winner = isOfThisPass && !this.#isBetter(row, known) ? known : row;
    this.names.drop(winner === row ? known : row);
    this.#rowOf.replace(winner);
    this.#markMet(winner);
  }

  // Any order does, so long as it does not hang on the order in which the folder is read.
  #isBetter(row: number, known: number): boolean {
    const folder = folderAt(this.names, row);
    if (folder !== folderAt(this.names, known)) return folder === CUR;
    return nameAt(this.names, row) > nameAt(this.names, known);
  }

  #noteCopy(row: number, known: number): void {
    const uniqueName = uniqueNameAt(this.names, row);
    const paths = this.#copies.get(uniqueName) ?? [pathAt(this.names, known)];
    paths.push(pathAt(this.names, row));
    this.#copies.set(uniqueName, paths);
  }

  #markMet(row: number): void {
    if (row >= this.#metIn.length) {
      const longer = new Uint8Array(row * 2);
      longer.set(this.#metIn);
      this.#metIn = longer;
    }
    this.#metIn[row] = this.#passes;
  }
}

async function isFile(fs: FileSystem, folder: string, entry: DirectoryEntry): Promise<boolean> {
  try {
    const status = await fs.lstat(`${folder}/${entry.name}`);
    return status?.kind === "file";
  } catch {
    // One bad entry must not move the numbers of the others: it stays a message, and reading it will tell.
    return true;
  }
}

const DOT = 0x2e;
const SLICE = 4096;
