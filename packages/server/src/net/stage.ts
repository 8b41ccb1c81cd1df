// Where answers are put together: one region of the kernel's memory at a time, filled by one connection within one turn of
// the event loop and written with one call.
//
//   memory = window | slot | slot | …      files are read into the window, encoded into the slot that is being filled
//
// Zero copy: once `socket.write` leaves nothing queued, the operating system has taken all octets and the slot is filled
// anew. Otherwise the slot is lent to the socket until its write callbacks have come, and a free one takes its place. With no
// free slot left the octets are copied: a crowd of slow clients costs heap, never anybody else's octets.

import type { Socket } from "node:net";
import { OVERSTORE_OCTETS, type WireKernel } from "@postigo/protocol";

/** Octets of a file that are read and encoded at a time. */
export const WINDOW_OCTETS = 128 * 1024;
/** Encoding at most doubles; the rest is room for status lines. */
const LEAST_ROOM_OCTETS = 2 * WINDOW_OCTETS + 4096;
/** What is gathered before it is written, as far as it can be had at once: a few large writes cost less than many small ones. */
export const SLOT_OCTETS = LEAST_ROOM_OCTETS + 7 * WINDOW_OCTETS;
const SLOT_SPAN = SLOT_OCTETS + OVERSTORE_OCTETS;
const SLOTS = 16;

/** Octets of kernel memory that a Stage needs. */
export const STAGE_MEMORY_OCTETS = WINDOW_OCTETS + SLOTS * SLOT_SPAN;

interface Slot {
  readonly start: number;
  readonly octets: Buffer;
  /** Writes whose callback has not come yet. */
  pending: number;
  lent: boolean;
  readonly written: () => void;
}

export class Stage {
  readonly kernel: WireKernel;
  /** Target of synchronous reads; its content is good until the next turn of the event loop. */
  readonly window: Uint8Array;
  readonly #free: Slot[] = [];
  #slot: Slot;
  #used = 0;

  constructor(kernel: WireKernel) {
    this.kernel = kernel;
    this.window = kernel.memory.subarray(0, WINDOW_OCTETS);
    for (let index = SLOTS - 1; index > 0; index--) this.#free.push(this.#slotAt(index));
    this.#slot = this.#slotAt(0);
  }

  /** Octets that still fit; less when they may have to be copied because every other slot is lent. */
  get room(): number {
    return (this.#free.length > 0 ? SLOT_OCTETS : LEAST_ROOM_OCTETS) - this.#used;
  }

  get isEmpty(): boolean {
    return this.#used === 0;
  }

  /** The caller has seen to it that they fit. */
  append(octets: Uint8Array): void {
    this.#slot.octets.set(octets, this.#used);
    this.#used += octets.length;
  }

  /** Encodes the first `length` octets of the window, returns how many they became; the caller has seen to it that twice as many fit. */
  encodeWindow(length: number, previous: number): number {
    const octets = this.kernel.encode(0, length, this.#slot.start + this.#used, previous);
    this.#used += octets;
    return octets;
  }

  /** Writes what is staged with one call. */
  flushTo(socket: Socket): void {
    if (this.#used === 0) return;
    const slot = this.#slot;
    const octets = slot.octets.subarray(0, this.#used);
    this.#used = 0;
    if (!socket.writable) return;
    const spare = this.#free.at(-1);
    if (spare === undefined) {
      socket.write(Buffer.from(octets));
      return;
    }
    slot.pending++;
    socket.write(octets, slot.written);
    if (socket.writableLength === 0) return;
    slot.lent = true;
    this.#free.pop();
    this.#slot = spare;
  }

  #slotAt(index: number): Slot {
    const start = WINDOW_OCTETS + index * SLOT_SPAN;
    const memory = this.kernel.memory;
    const slot: Slot = {
      start,
      octets: Buffer.from(memory.buffer, memory.byteOffset + start, SLOT_OCTETS),
      pending: 0,
      lent: false,
      written: () => this.#written(slot),
    };
    return slot;
  }

  #written(slot: Slot): void {
    slot.pending--;
    if (slot.pending > 0 || !slot.lent) return;
    slot.lent = false;
    this.#free.push(slot);
  }
}
