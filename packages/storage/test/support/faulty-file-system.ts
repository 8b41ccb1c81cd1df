// A file system in which anything can happen before any call: the call fails, another program acts, the process dies.

import { atOnce, type Eventually } from "#storage/eventually";
import { errnoError } from "#storage/ports/errno";
import type { FileStatus, FileSystem, Listing, ReplaceOptions } from "#storage/ports/file-system";

/** One call that can fail; `index` counts them from 0. Closing and yielding are none. */
export interface Call {
  readonly index: number;
  readonly method: string;
  readonly path: string;
}

/** Runs before each call; what it throws is what the call fails with. */
export type Interference = (call: Call) => void;

/** The call with this index fails with `errno`. */
export function failAt(index: number, errno: string): Interference {
  return (call) => {
    if (call.index === index) throw errnoError(errno, call.method, call.path);
  };
}

/** Each call of `method` fails with `errno`; `path` narrows it to those whose path ends so. */
export function failEach(method: string, errno: string, path = ""): Interference {
  return (call) => {
    if (call.method === method && call.path.endsWith(path)) throw errnoError(errno, call.method, call.path);
  };
}

/** Another program acts right before the call with this index. */
export function actAt(index: number, act: () => void): Interference {
  return (call) => {
    if (call.index === index) act();
  };
}

/** Thrown by a call that the process did not live to make, and by each one after it. */
export class Crash extends Error {}

export function crashAt(index: number): Interference {
  return (call) => {
    if (call.index >= index) throw new Crash(`before call ${index}`);
  };
}

/** Before the call of `method` that is the n-th of them (from 1). */
export function crashBefore(method: string, n: number): Interference {
  let met = 0;
  return (call) => {
    if (call.method === method) met += 1;
    if (met >= n) throw new Crash(`before ${method} number ${n}`);
  };
}

export class FaultyFileSystem implements FileSystem {
  readonly calls: Call[] = [];
  readonly #inner: FileSystem;
  readonly #interfere: Interference;

  constructor(inner: FileSystem, interfere: Interference = () => undefined) {
    this.#inner = inner;
    this.#interfere = interfere;
  }

  get isSync(): boolean {
    return this.#inner.isSync;
  }

  openRead(path: string): Eventually<number> {
    return this.#call("openRead", path, () => this.#inner.openRead(path));
  }

  read(fd: number, target: Uint8Array, position: number | null): Eventually<number> {
    return this.#call("read", "", () => this.#inner.read(fd, target, position));
  }

  /** Each of its parts can fail. */
  readAtOnce(path: string, target: Uint8Array): number {
    const fd = atOnce(this.openRead(path));
    try {
      return atOnce(this.read(fd, target, 0));
    } finally {
      this.close(fd);
    }
  }

  close(fd: number): void {
    this.#inner.close(fd);
  }

  fstat(fd: number): Eventually<FileStatus> {
    return this.#call("fstat", "", () => this.#inner.fstat(fd));
  }

  lstat(path: string): Eventually<FileStatus | undefined> {
    return this.#call("lstat", path, () => this.#inner.lstat(path));
  }

  sizeOf(path: string): Eventually<number | undefined> {
    return this.#call("lstat", path, () => this.#inner.sizeOf(path));
  }

  stat(path: string): Eventually<FileStatus | undefined> {
    return this.#call("stat", path, () => this.#inner.stat(path));
  }

  list(path: string): Eventually<Listing> {
    const wrap = (listing: Listing): Listing => ({
      next: () => this.#call("next", path, () => listing.next()),
      close: () => listing.close(),
    });
    return this.#call("list", path, () => {
      const listing = this.#inner.list(path);
      return listing instanceof Promise ? listing.then(wrap) : wrap(listing);
    });
  }

  unlink(path: string): Eventually<void> {
    return this.#call("unlink", path, () => this.#inner.unlink(path));
  }

  rename(from: string, to: string): Eventually<void> {
    return this.#call("rename", from, () => this.#inner.rename(from, to));
  }

  mkdir(path: string): Eventually<void> {
    return this.#call("mkdir", path, () => this.#inner.mkdir(path));
  }

  rmdir(path: string): Eventually<void> {
    return this.#call("rmdir", path, () => this.#inner.rmdir(path));
  }

  readFile(path: string, limit: number): Eventually<Uint8Array> {
    return this.#call("readFile", path, () => this.#inner.readFile(path, limit));
  }

  append(path: string, octets: Uint8Array): Eventually<void> {
    return this.#call("append", path, () => this.#inner.append(path, octets));
  }

  async replaceFile(path: string, octets: Uint8Array, options: ReplaceOptions): Promise<void> {
    await this.#call("replaceFile", path, () => this.#inner.replaceFile(path, octets, options));
  }

  yieldIfDue(): Promise<void> | undefined {
    return this.#inner.yieldIfDue();
  }

  /** A fault comes the way the mode's own do: thrown at once, or as a rejection. */
  #call<T>(method: string, path: string, make: () => Eventually<T>): Eventually<T> {
    const call = { index: this.calls.length, method, path };
    this.calls.push(call);
    try {
      this.#interfere(call);
    } catch (error) {
      if (this.isSync) throw error;
      return Promise.reject(error);
    }
    return make();
  }
}
