// Lines of a file whose names are octets: one latin-1 character an octet, LF as line end, the CR before it left out.

import { Buffer } from "node:buffer";

export interface OctetLine {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  /** Whether a line end follows; only the last line may lack it. */
  readonly isWhole: boolean;
}

export function* octetLines(octets: Uint8Array): Generator<OctetLine, void> {
  const all = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  let number = 0;
  for (let start = 0; start < all.length; ) {
    const found = all.indexOf(LF, start);
    const end = found < 0 ? all.length : found;
    number += 1;
    yield { number, text: all.toString("latin1", start, withoutCr(all, start, end)), isWhole: found >= 0 };
    start = end + 1;
  }
}

/** Takes the next line off `lines`. */
export function firstOf(lines: Generator<OctetLine, void>): OctetLine | undefined {
  const { value } = lines.next();
  return value === undefined ? undefined : value;
}

function withoutCr(octets: Buffer, start: number, end: number): number {
  return end > start && octets[end - 1] === CR ? end - 1 : end;
}

/** A decimal number of at most 15 digits; undefined for anything else. */
export function decimalOf(text: string): number | undefined {
  return DECIMAL.test(text) ? Number.parseInt(text, 10) : undefined;
}

const DECIMAL = /^\d{1,15}$/;
const LF = 0x0a;
const CR = 0x0d;
