// One message of any size on its way from the file to the socket: read into the window, cut for TOP, encoded into the stage, slice
// by slice. As many slices as fit into the stage go out with one write; the next ones wait until the socket has taken that, so
// that any size streams in bounded memory. Most messages fit into the window and take a shorter way: whole-message.ts.

import { closingOctets, NOTHING_BEFORE, type TopCut } from "@postigo/protocol";
import type { Eventually, OpenMessage } from "@postigo/storage";
import type { Clock } from "../clock.js";
import { endingAfter, LONGEST_ENDING, topCutOf } from "./message-form.js";
import { type Stage, WINDOW_OCTETS } from "./stage.js";

/** What a transfer needs of its connection. */
export interface Outlet {
  readonly stage: Stage;
  readonly clock: Pick<Clock, "monotonic">;
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
  /** When the burst that is being gathered began. */
  #burstBegan = 0;
  #previous = NOTHING_BEFORE;
  #fileOctets = 0;
  #added = 0;

  /** `bodyLines`: "all" for RETR. */
  constructor(message: OpenMessage, source: ReadSource, bodyLines: number | "all") {
    this.#message = message;
    this.#source = source;
    this.#chunk = message.chunk;
    this.#cut = topCutOf(message, bodyLines);
  }

  /**
   * Sends a message of any size. Never rejects; the message is closed in any case. One function, because whatever it stages
   * must leave the stage, which is everybody's, before anybody else can run: an `await` of a helper would be too late.
   */
  async send(outlet: Outlet): Promise<TransferResult> {
    const { stage } = outlet;
    this.#burstBegan = outlet.clock.monotonic();
    try {
      let length = this.#message.first;
      while (length > 0) {
        if (this.#hasGrown(length)) return "broken";
        this.#stageSlice(stage, length);
        if (this.#cut?.satisfied === true) break;
        if (!this.#mayStageMore(outlet) && !(await this.#nextBurst(outlet))) return "gone";
        const read = this.#readNext(stage);
        if (typeof read !== "number") outlet.flush();
        length = typeof read === "number" ? read : await read;
      }
      return this.#finish(stage);
    } catch {
      return "broken";
    } finally {
      outlet.flush();
      this.#message.close();
    }
  }

  /** A file that grows while it is read is not the message that was announced, and might never end. */
  #hasGrown(length: number): boolean {
    return this.#cut === undefined && this.#fileOctets + length > this.#message.fileOctets;
  }

  /** Only a read that completes at once, and soon, leaves no other connection waiting for a turn between two slices. */
  #mayStageMore({ stage, clock }: Outlet): boolean {
    return (
      this.#source.readsAtOnce &&
      stage.room >= ROOM_OF_A_SLICE &&
      clock.monotonic() - this.#burstBegan < LONGEST_BURST_MS
    );
  }

  async #nextBurst(outlet: Outlet): Promise<boolean> {
    const goesOn = await outlet.drained();
    this.#burstBegan = outlet.clock.monotonic();
    return goesOn;
  }

  #readNext(stage: Stage): Eventually<number> {
    this.#chunk = readTarget(this.#source, stage, this.#chunk);
    return this.#message.read(this.#chunk);
  }

  #finish(stage: Stage): TransferResult {
    const whole = this.#cut === undefined;
    if (whole && this.#fileOctets !== this.#message.fileOctets) return "broken";
    stage.append(endingAfter(this.#previous));
    return whole && this.sentOctets !== this.#message.octets ? "corrected" : "sent";
  }

  /** Octets of the canonical form of what was read. */
  get sentOctets(): number {
    return this.#fileOctets + this.#added + closingOctets(this.#previous);
  }

  /** The caller has made room. */
  #stageSlice(stage: Stage, length: number): void {
    this.#place(stage, length);
    const taken = this.#cut === undefined ? length : this.#cut.take(stage.window, length);
    if (taken === 0) return;
    this.#added += stage.encodeWindow(taken, this.#previous) - taken - stage.kernel.stuffed();
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
/** For a disk that is not quick: what has been read by then goes out. */
const LONGEST_BURST_MS = 5;
/** A full window, whose encoding at most doubles, and what ends a message. */
const ROOM_OF_A_SLICE = 2 * WINDOW_OCTETS + LONGEST_ENDING;
