// The scan listing and the unique-id listing as octets.
//
//   scan listing       = *(number SP octets CRLF) "." CRLF         RFC 1939 §5, LIST
//   unique-id listing  = *(number SP unique-id CRLF) "." CRLF      RFC 1939 §7, UIDL
//
// Numbers are those given when the maildrop was opened, whatever has been left out since (D1). Digits are written straight
// into one piece of memory that grows by doubling: 100,000 messages take a few milliseconds.

import { UNIQUE_ID_OCTETS } from "../limits.js";
import { CR, DOT, LF, SP, writeDecimal } from "../octets.js";
import { isUniqueIdOctet } from "../unique-id.js";
import type { ListingSource } from "./listing-source.js";

export type LeftOut = (position: number) => boolean;

export const renderScanListing = (source: ListingSource, isLeftOut?: LeftOut): Uint8Array =>
  render(source, (target, at, position) => writeDecimal(target, at, source.octetsAt(position)), isLeftOut);

export const renderUniqueIdListing = (source: ListingSource, isLeftOut?: LeftOut): Uint8Array =>
  render(source, uniqueIdWriter(source), isLeftOut);

/** Writes what stands after the number and its space; returns the position after it, or `at` when there is nothing to say. */
type ValueWriter = (target: Uint8Array, at: number, position: number) => number;

function render(source: ListingSource, writeValue: ValueWriter, isLeftOut: LeftOut | undefined): Uint8Array {
  let target: Uint8Array = new Uint8Array(LINE_OCTETS + 24 * source.count);
  let at = 0;
  for (let position = 0; position < source.count; position++) {
    if (isLeftOut?.(position)) continue;
    if (target.length - at < 2 * LINE_OCTETS) target = doubled(target);
    at = writeLine(target, at, position, writeValue);
  }
  target[at] = DOT;
  target[at + 1] = CR;
  target[at + 2] = LF;
  return target.slice(0, at + 3);
}

function writeLine(target: Uint8Array, start: number, position: number, writeValue: ValueWriter): number {
  const space = writeDecimal(target, start, position + 1);
  target[space] = SP;
  const end = writeValue(target, space + 1, position);
  if (end === space + 1) return start;
  target[end] = CR;
  target[end + 1] = LF;
  return end + 2;
}

function uniqueIdWriter(source: ListingSource): ValueWriter {
  const copy = source.copyUniqueId?.bind(source) ?? textCopier(source);
  return (target, at, position) => {
    const end = at + copy(position, target, at);
    return isUniqueIdSpan(target, at, end) ? end : at;
  };
}

/** Copies at most one octet more than is legal, so that what is too long is seen to be. */
function textCopier(source: ListingSource): (position: number, target: Uint8Array, at: number) => number {
  return (position, target, at) => {
    const text = source.uniqueIdAt(position);
    const length = Math.min(text.length, UNIQUE_ID_OCTETS + 1);
    for (let index = 0; index < length; index++) target[at + index] = Math.min(text.charCodeAt(index), 0xff);
    return length;
  };
}

function isUniqueIdSpan(octets: Uint8Array, start: number, end: number): boolean {
  if (end - start > UNIQUE_ID_OCTETS) return false;
  for (let at = start; at < end; at++) {
    if (!isUniqueIdOctet(octets[at] ?? 0)) return false;
  }
  return true;
}

function doubled(octets: Uint8Array): Uint8Array {
  const target = new Uint8Array(2 * octets.length);
  target.set(octets);
  return target;
}

/** More than a number, a space, a unique-id of one octet too many and CRLF. */
const LINE_OCTETS = 128;
