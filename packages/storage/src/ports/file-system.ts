// The narrow door to the disk. Paths are octets: one latin-1 character an octet (`octetPath` makes them), since Maildir names are no UTF-8.
//
// Each method gives its value at once while the storage root is quick and a promise of it once the root is slow (ADR 0015); the
// faults of the system come out as Node's errors with `code`, thrown or as a rejection. A caller that owns memory others use too
// asks `isSync` right before the call: nothing changes it in between.

import type { Eventually } from "../eventually.js";

export interface FileSystem {
  /** Whether the next call is done when it returns. */
  readonly isSync: boolean;
  /** Opens for reading: no symlink as last part, no waiting for a FIFO's writer. */
  openRead(path: string): Eventually<number>;
  /** Octets read into the start of `target`; 0 at the end. `position` null reads on from where the last such read ended. */
  read(fd: number, target: Uint8Array, position: number | null): Eventually<number>;
  /** Opens as `openRead`, reads from the start into `target` and closes; to be called while `isSync` only. */
  readAtOnce(path: string, target: Uint8Array): number;
  /** Never fails: nothing was written through it. */
  close(fd: number): void;
  fstat(fd: number): Eventually<FileStatus>;
  /** Of the name itself; undefined if there is none. */
  lstat(path: string): Eventually<FileStatus | undefined>;
  /** Octets of the regular file of that name; undefined if there is none. */
  sizeOf(path: string): Eventually<number | undefined>;
  /** Of what the name leads to; undefined if there is none. */
  stat(path: string): Eventually<FileStatus | undefined>;
  /** Opens a folder for listing. A name may come twice when others rename meanwhile. */
  list(path: string): Eventually<Listing>;
  unlink(path: string): Eventually<void>;
  rename(from: string, to: string): Eventually<void>;
  mkdir(path: string): Eventually<void>;
  /** Of an empty folder. */
  rmdir(path: string): Eventually<void>;
  /** The whole file; `EFBIG` if it holds more than `limit` octets. */
  readFile(path: string, limit: number): Eventually<Uint8Array>;
  /** One O_APPEND write to a file that exists; `EIO` if it went in part only. */
  append(path: string, octets: Uint8Array): Eventually<void>;
  /** Puts `octets` in place of the file through a temporary one beside it: a reader sees the old or the new, never a mixture. */
  replaceFile(path: string, octets: Uint8Array, options: ReplaceOptions): Promise<void>;
  /** A promise to await if this turn of the event loop has lasted its share, undefined if the loop may go on. */
  yieldIfDue(): Promise<void> | undefined;
}

/** The files of one file system, which are quick or slow together. */
export interface StorageRoot extends FileSystem {
  /** A call that is no method here: `now`, timed like the others, while the root is quick; else `later`, one trip to the thread pool. */
  call<T>(now: () => T, later: () => Promise<T>): Eventually<T>;
}

/** Knows which storage root a path lies on. */
export interface StorageRoots<Root extends FileSystem = FileSystem> {
  /** Of a maildrop, which need not exist yet. A path not asked for before is looked up through the thread pool: nothing blocks. */
  of(maildrop: string): Eventually<Root>;
  /** Its folders say which device they are on: if that is not the one that was found, something has been mounted meanwhile. */
  seen(maildrop: string, device: bigint): void;
}

export type FileKind = "file" | "directory" | "symlink" | "other";

export interface FileStatus {
  readonly kind: FileKind;
  readonly size: number;
  readonly device: bigint;
  readonly inode: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  /** Not above 0 where the file system does not know it. */
  readonly bornNs: bigint;
}

export interface Listing {
  /** The next entries, at most about a thousand, without `.` and `..`; an empty slice is the end and closes the listing. */
  next(): Eventually<readonly DirectoryEntry[]>;
  /** Ends it early. */
  close(): void;
}

export interface DirectoryEntry {
  readonly name: string;
  /** `unknown`: this file system does not say in its listings; ask lstat. */
  readonly kind: FileKind | "unknown";
}

export interface ReplaceOptions {
  /** Whether it must survive a power cut once the promise is fulfilled. */
  readonly durable: boolean;
}
