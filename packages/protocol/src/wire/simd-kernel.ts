// The wire kernel in WebAssembly SIMD: what runs wherever it can. wire-kernel.wat is its source and describes its memory.

import type { WireKernel } from "./wire-kernel.js";
import { WIRE_MODULE } from "./wire-module.generated.js";

/** Octets of memory before the window: the shuffles that wire-kernel.wat fills in. */
const WINDOW_START = 4096;
/** Octets after the window: the last block of a chunk is loaded whole. */
const SLACK_OCTETS = 16;
const PAGE_OCTETS = 65_536;

/** A kernel over `octets` octets of memory of its own; undefined where this runtime has no WebAssembly SIMD. */
export function createSimdKernel(octets: number): WireKernel | undefined {
  if (typeof WebAssembly === "undefined" || !WebAssembly.validate(WIRE_MODULE)) return undefined;
  const pages = Math.ceil((WINDOW_START + octets + SLACK_OCTETS) / PAGE_OCTETS);
  // As large at the start as it may ever be: growing would detach every view of it.
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(WIRE_MODULE), { kernel: { memory } });
  return {
    memory: new Uint8Array(memory.buffer, WINDOW_START, octets),
    encode: exports.encode,
    stuffed: exports.stuffed,
    countAdded: exports.countAdded,
  };
}

// The few names of the WebAssembly JavaScript interface that are needed here: this package is compiled without any runtime's types.
interface WireMemory {
  readonly buffer: ArrayBuffer;
}

declare const WebAssembly:
  | {
      validate(octets: Uint8Array): boolean;
      readonly Memory: new (size: { initial: number; maximum: number }) => WireMemory;
      readonly Module: new (octets: Uint8Array) => object;
      readonly Instance: new (
        module: object,
        imports: { kernel: { memory: WireMemory } },
      ) => { readonly exports: Omit<WireKernel, "memory"> };
    }
  | undefined;
