// An open message. Reads carry their own position, so that nothing depends on where the descriptor's stands.

import type { Eventually } from "../eventually.js";
import type { OpenMessage } from "../maildrop.js";
import type { FileSystem } from "../ports/file-system.js";
import { StorageError } from "../storage-error.js";
import type { Measured } from "./octet-count.js";

/** What `open` has read already. */
export interface Beginning {
  /** Where the first octets of the file lie. */
  readonly chunk: Uint8Array;
  readonly first: number;
}

/** A message that lies in its chunk whole; its file is closed already. */
export class WholeMessage implements OpenMessage {
  readonly octets: number;
  readonly fileOctets: number;
  readonly chunk: Uint8Array;
  readonly first: number;

  constructor(octets: number, { chunk, first }: Beginning) {
    this.octets = octets;
    this.fileOctets = first;
    this.chunk = chunk;
    this.first = first;
  }

  read(): number {
    return 0;
  }

  close(): void {}
}

export interface OpenFile {
  readonly fs: FileSystem;
  readonly fd: number;
  /** For the error of a read that fails. */
  readonly path: string;
}

/** A message that is read slice by slice. */
export class StreamedMessage implements OpenMessage {
  readonly octets: number;
  readonly fileOctets: number;
  readonly chunk: Uint8Array;
  readonly first: number;
  readonly #file: OpenFile;
  #position: number;
  #state: "idle" | "reading" | "closing" | "closed" = "idle";

  constructor(file: OpenFile, { octets, fileOctets }: Measured, { chunk, first }: Beginning) {
    this.octets = octets;
    this.fileOctets = fileOctets;
    this.chunk = chunk;
    this.first = first;
    this.#file = file;
    this.#position = first;
  }

  read(target: Uint8Array): Eventually<number> {
    if (this.#state !== "idle") throw new TypeError(`the message is ${this.#state}`);
    const { fs, fd } = this.#file;
    try {
      const reading = fs.read(fd, target, this.#position);
      if (typeof reading !== "number") return this.#finish(reading);
      this.#position += reading;
      return reading;
    } catch (error) {
      throw this.#failure(error);
    }
  }

  close(): void {
    if (this.#state === "idle") this.#release();
    // The descriptor is in use by the thread pool: its number must not go to another file before that is over.
    else if (this.#state === "reading") this.#state = "closing";
  }

  async #finish(reading: Promise<number>): Promise<number> {
    this.#state = "reading";
    try {
      const octets = await reading;
      this.#position += octets;
      return octets;
    } catch (error) {
      throw this.#failure(error);
    } finally {
      this.#settle();
    }
  }

  #settle(): void {
    if (this.#state === "closing") this.#release();
    else this.#state = "idle";
  }

  #release(): void {
    this.#state = "closed";
    this.#file.fs.close(this.#file.fd);
  }

  #failure(cause: unknown): StorageError {
    return new StorageError("READ_FAILED", this.#file.path, cause);
  }
}
