// One message on its way from the file to the socket: read into the window, counted, cut for TOP, encoded into the stage.
// A message that fits into the window goes out within one turn of the event loop; a longer one slice by slice, each waiting
// until the socket has taken the one before, so that any size streams in bounded memory.

import { closingOctets, NOTHING_BEFORE, TopCut } from "@postigo/protocol";
import type { OpenMessage } from "@postigo/storage";
import type { Stage } from "./stage.js";

/** What a transfer needs of its connection. */
export interface Outlet {
  readonly stage: Stage;
  flush(): void;
  /** Resolves once the socket has taken what was written; false when the connection is gone. */
  drained(): Promise<boolean>;
}

/** Tells whether reads complete at once. */
export interface ReadSource {
  readonly readsAtOnce: boolean;
}

/**
 * Where the next read may put its octets: the shared window only if it completes before anybody else can run, else memory
 * of this transfer's own. `last`: the target of the read before.
 */
export function readTarget(source: ReadSource, stage: Stage, last: Uint8Array | undefined): Uint8Array {
  if (source.readsAtOnce) return stage.window;
  return last === undefined || last === stage.window ? Buffer.allocUnsafeSlow(OWN_CHUNK_OCTETS) : last;
}

/**
 * `sent`: all of it is staged or written. `corrected`: so it is, but the announced octets were not true.
 * `broken`: the file failed or changed under the reader after body octets had been sent; the connection must end without
 * the termination octet. `gone`: the connection ended.
 */
export type TransferResult = "sent" | "corrected" | "broken" | "gone";

export class MessageTransfer {
  readonly #message: OpenMessage;
  readonly #source: ReadSource;
  /** Where the octets of the last read lie. */
  #chunk: Uint8Array;
  readonly #cut: TopCut | undefined;
  #previous = NOTHING_BEFORE;
  #fileOctets = 0;
  #added = 0;
  #closed = false;

  /** `bodyLines`: "all" for RETR. */
  constructor(message: OpenMessage, source: ReadSource, bodyLines: number | "all") {
    this.#message = message;
    this.#source = source;
    this.#chunk = message.chunk;
    // A message has no more lines than octets: such a TOP is a RETR, and as fast.
    this.#cut = bodyLines === "all" || bodyLines >= message.octets ? undefined : new TopCut(bodyLines);
  }

  /** The first read held the whole file. */
  get isWhole(): boolean {
    return this.#message.first < this.#chunk.length;
  }

  /**
   * Octets of the message on the wire, before byte-stuffing. Of a whole message they are counted from what was read, so
   * that a wrong or hostile index cannot announce another number; of a longer one they are what storage vouches for.
   */
  announce(stage: Stage): number {
    if (!this.isWhole) return this.#message.octets;
    const { first } = this.#message;
    const last = first === 0 ? NOTHING_BEFORE : this.#lastOf(first);
    this.#place(stage, first);
    return first + stage.kernel.countAdded(0, first, NOTHING_BEFORE) + closingOctets(last);
  }

  /** Stages a whole message; the caller has made room. `announce` was called in this turn. */
  stageWhole(stage: Stage): void {
    const { first } = this.#message;
    this.#place(stage, first);
    const length = this.#cut === undefined ? first : this.#cut.take(stage.window, first);
    this.close();
    stage.encodeWindow(length, NOTHING_BEFORE);
    stage.append(
      length > 0 && closingOctets(stage.window[length - 1] ?? 0) === 2 ? CLOSING_AND_TERMINATION : TERMINATION,
    );
  }

  /** Sends a message of any size. Never rejects; the message is closed in any case. */
  async send(outlet: Outlet): Promise<TransferResult> {
    try {
      return await this.#sendSlices(outlet);
    } catch {
      return "broken";
    } finally {
      this.close();
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#message.close();
  }

  async #sendSlices(outlet: Outlet): Promise<TransferResult> {
    const whole = this.#cut === undefined;
    let length = this.#message.first;
    while (length > 0) {
      // A file that grows while it is read is not the message that was announced, and might never end.
      if (whole && this.#fileOctets + length > this.#message.fileOctets) return "broken";
      this.#stageSlice(outlet, length);
      outlet.flush();
      if (!(await outlet.drained())) return "gone";
      if (this.#cut?.satisfied === true) break;
      this.#chunk = readTarget(this.#source, outlet.stage, this.#chunk);
      const read = this.#message.read(this.#chunk);
      length = typeof read === "number" ? read : await read;
    }
    if (whole && this.#fileOctets !== this.#message.fileOctets) return "broken";
    outlet.stage.append(closingOctets(this.#previous) === 2 ? CLOSING_AND_TERMINATION : TERMINATION);
    outlet.flush();
    return whole && this.sentOctets !== this.#message.octets ? "corrected" : "sent";
  }

  /** Octets of the canonical form of what was read. */
  get sentOctets(): number {
    return this.#fileOctets + this.#added + closingOctets(this.#previous);
  }

  #stageSlice(outlet: Outlet, length: number): void {
    const { stage } = outlet;
    if (stage.room < 2 * length) outlet.flush();
    this.#place(stage, length);
    const taken = this.#cut === undefined ? length : this.#cut.take(stage.window, length);
    if (taken === 0) return;
    this.#added += stage.kernel.countAdded(0, taken, this.#previous);
    stage.encodeWindow(taken, this.#previous);
    this.#previous = this.#lastOf(taken);
    this.#fileOctets += taken;
  }

  /** Reads that took their time have a target of their own; the kernel wants them in its window. */
  #place(stage: Stage, length: number): void {
    if (this.#chunk !== stage.window) stage.window.set(this.#chunk.subarray(0, length));
  }

  #lastOf(length: number): number {
    return this.#chunk[length - 1] ?? NOTHING_BEFORE;
  }
}

const OWN_CHUNK_OCTETS = 64 * 1024;
const latin1 = (text: string): Uint8Array => Buffer.from(text, "latin1");
const TERMINATION = latin1(".\r\n");
const CLOSING_AND_TERMINATION = latin1("\r\n.\r\n");
