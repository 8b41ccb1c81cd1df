// A folder in slices, so that a hundred thousand names neither block nor lie in memory twice. opendir asks the system for a
// thousand entries at a time and costs a third of what readdir does.

import { Buffer } from "node:buffer";
import { type Dir, type Dirent, type OpenDirOptions, opendir, opendirSync, readdir, readdirSync } from "node:fs";
import { promisify } from "node:util";
import type { Eventually } from "../eventually.js";
import type { DirectoryEntry, Listing } from "./file-system.js";
import type { Pace } from "./pace.js";
import type { RootPool } from "./root-pool.js";

/** The two ways of a call to one storage root. */
export interface CallWays {
  readonly pace: Pace;
  readonly pool: RootPool;
}

export function listNow(path: string, ways: CallWays): Listing {
  const folder = folderPath(path);
  return new NodeListing(folder, opendirSync(folder, OPTIONS), ways);
}

export async function listLater(path: string, ways: CallWays): Promise<Listing> {
  const folder = folderPath(path);
  return new NodeListing(folder, await ways.pool.run(() => opendirLater(folder, OPTIONS)), ways);
}

/** What is used of node's Dir. */
type OpenFolder = Pick<Dir, "readSync" | "read" | "close" | "closeSync">;

export class NodeListing implements Listing {
  readonly #folder: string;
  readonly #dir: OpenFolder;
  readonly #ways: CallWays;
  #isOpen = true;
  /** Names still to come when the folder had to be listed without kinds. */
  #names: string[] = [];

  constructor(folder: string, dir: OpenFolder, ways: CallWays) {
    this.#folder = folder;
    this.#dir = dir;
    this.#ways = ways;
  }

  next(): Eventually<readonly DirectoryEntry[]> {
    if (!this.#isOpen) return this.#nextNames();
    return this.#ways.pace.mayBlock ? this.#nextNow() : this.#nextLater();
  }

  close(): void {
    this.#names = [];
    this.#closeFolder();
  }

  #nextNow(): readonly DirectoryEntry[] {
    const began = this.#ways.pace.begin();
    try {
      const slice: DirectoryEntry[] = [];
      while (slice.length < SLICE) {
        const entry = this.#dir.readSync();
        if (entry === null) break;
        slice.push(entryOf(entry));
      }
      return this.#handOut(slice);
    } catch (error) {
      this.#beginAgain(error);
      this.#names = readdirSync(this.#folder, "latin1");
      return this.#nextNames();
    } finally {
      this.#ways.pace.end(began);
    }
  }

  async #nextLater(): Promise<readonly DirectoryEntry[]> {
    try {
      return this.#handOut(await this.#ways.pool.run(() => this.#sliceLater()));
    } catch (error) {
      this.#beginAgain(error);
      this.#names = await this.#ways.pool.run(() => readdirLater(this.#folder, "latin1"));
      return this.#nextNames();
    }
  }

  /** A trip to the pool or two: the names come from the system in as large a piece. */
  async #sliceLater(): Promise<readonly DirectoryEntry[]> {
    const slice: DirectoryEntry[] = [];
    while (slice.length < SLICE) {
      const entry = await this.#dir.read();
      if (entry === null) break;
      slice.push(entryOf(entry));
    }
    return slice;
  }

  #handOut(slice: readonly DirectoryEntry[]): readonly DirectoryEntry[] {
    if (slice.length === 0) this.#closeFolder();
    return slice;
  }

  /**
   * Where a file system does not tell kinds in its listings, node asks lstat for each entry, fails if one has just gone, and
   * loses the rest of what it had read. The folder is then listed anew by names; entries that come twice are allowed.
   */
  #beginAgain(error: unknown): void {
    this.#closeFolder();
    if (!isKindQuestion(error)) throw error;
  }

  #nextNames(): readonly DirectoryEntry[] {
    return this.#names.splice(-SLICE).map((name) => ({ name, kind: "unknown" }));
  }

  #closeFolder(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const { pace, pool } = this.#ways;
    if (pace.mayBlock) this.#dir.closeSync();
    else void pool.runUnjudged(() => closeLater(this.#dir));
  }
}

function isKindQuestion(error: unknown): boolean {
  return error instanceof Error && "syscall" in error && error.syscall === "lstat";
}

function entryOf(entry: Dirent): DirectoryEntry {
  return { name: entry.name, kind: kindOf(entry) };
}

function kindOf(entry: Dirent): DirectoryEntry["kind"] {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "directory";
  return entry.isSymbolicLink() ? "symlink" : "other";
}

/** opendir takes text only; every folder of ours comes from text (`octetPath`), so nothing is lost on the way back. */
function folderPath(path: string): string {
  return Buffer.from(path, "latin1").toString("utf8");
}

function closeLater(dir: OpenFolder): Promise<void> {
  return new Promise((resolve) => dir.close(() => resolve()));
}

const opendirLater: (path: string, options: OpenDirOptions) => Promise<Dir> = promisify(opendir);
const readdirLater = promisify(readdir);
const SLICE = 1024;
/** Names come as latin-1: the declared encodings are those of text, `latin1` among them. */
const OPTIONS: OpenDirOptions = { encoding: "latin1", bufferSize: SLICE };
