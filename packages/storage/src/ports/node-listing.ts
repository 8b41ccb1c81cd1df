// A folder in slices, so that a hundred thousand names neither block nor lie in memory twice. opendir asks the system for a
// thousand entries at a time and costs a third of what readdir does.

import { Buffer } from "node:buffer";
import { type Dir, type Dirent, type OpenDirOptions, opendir, opendirSync } from "node:fs";
import type { Eventually } from "../eventually.js";
import type { DirectoryEntry, Listing } from "./file-system.js";
import type { Pace } from "./pace.js";

export function listNow(path: string, pace: Pace): Listing {
  return new NodeListing(opendirSync(directoryPath(path), OPTIONS), pace);
}

export function listLater(path: string, pace: Pace): Promise<Listing> {
  return new Promise((resolve, reject) => {
    opendir(directoryPath(path), OPTIONS, (error, dir) =>
      error ? reject(error) : resolve(new NodeListing(dir, pace)),
    );
  });
}

class NodeListing implements Listing {
  readonly #dir: Dir;
  readonly #pace: Pace;
  #isOpen = true;

  constructor(dir: Dir, pace: Pace) {
    this.#dir = dir;
    this.#pace = pace;
  }

  next(): Eventually<readonly DirectoryEntry[]> {
    if (!this.#isOpen) return [];
    return this.#pace.mayBlock ? this.#nextNow() : this.#nextLater();
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#dir.close(() => undefined);
  }

  #nextNow(): DirectoryEntry[] {
    const began = this.#pace.begin();
    try {
      const slice: DirectoryEntry[] = [];
      while (slice.length < SLICE) {
        const entry = this.#dir.readSync();
        if (entry === null) break;
        slice.push(entryOf(entry));
      }
      if (slice.length === 0) this.close();
      return slice;
    } catch (error) {
      this.close();
      throw error;
    } finally {
      this.#pace.end(began);
    }
  }

  async #nextLater(): Promise<DirectoryEntry[]> {
    try {
      const slice: DirectoryEntry[] = [];
      while (slice.length < SLICE) {
        const entry = await this.#dir.read();
        if (entry === null) break;
        slice.push(entryOf(entry));
      }
      if (slice.length === 0) this.close();
      return slice;
    } catch (error) {
      this.close();
      throw error;
    }
  }
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
function directoryPath(path: string): string {
  return Buffer.from(path, "latin1").toString("utf8");
}

const SLICE = 1024;
/** Names come as latin-1: the declared encodings are those of text, `latin1` among them. */
const OPTIONS: OpenDirOptions = { encoding: "latin1", bufferSize: SLICE };
