// The scan listing and the unique-id listing as octets.
//
//   scan listing       = *(number SP octets CRLF) "." CRLF         RFC 1939 §5, LIST
//   unique-id listing  = *(number SP unique-id CRLF) "." CRLF      RFC 1939 §7, UIDL
//
// Numbers are those given when the maildrop was opened, whatever has been left out since (D1). Digits are written straight
// into one piece of memory, whose size is judged by the first lines; no text is made of a line.

import { UNIQUE_ID_OCTETS } from "../limits.js";
import { CR, DOT, LF, octetAt, SP, writeDecimal } from "../octets.js";
import { isUniqueIdOctet, UNIQUE_ID_FIRST, UNIQUE_ID_LAST } from "../unique-id.js";
import type { ListingSource } from "./listing-source.js";

export type LeftOut = (position: number) => boolean;

export const renderScanListing = (source: ListingSource, isLeftOut?: LeftOut): Uint8Array =>
  render(source, (target, at, position) => writeDecimal(target, at, source.octetsAt(position)), isLeftOut);

export const renderUniqueIdListing = (source: ListingSource, isLeftOut?: LeftOut): Uint8Array =>
  render(source, uniqueIdWriter(source), isLeftOut);

/** Writes what stands after the number and its space; returns the position after it, or `at` when there is nothing to say. */
type ValueWriter = (target: Uint8Array, at: number, position: number) => number;

function render(source: ListingSource, writeValue: ValueWriter, isLeftOut: LeftOut | undefined): Uint8Array {
  let target: Uint8Array = new Uint8Array(ROOM_OCTETS + ROOM_OCTETS * Math.min(source.count, 64));
  let at = 0;
  for (let position = 0; position < source.count; position++) {
    if (isLeftOut?.(position)) continue;
    if (target.length - at < ROOM_OCTETS) target = enlarged(target, at, source.count / position);
    at = writeLine(target, at, position, writeValue);
  }
  target[at] = DOT;
  target[at + 1] = CR;
  target[at + 2] = LF;
  return at < LARGE_OCTETS ? target.slice(0, at + 3) : target.subarray(0, at + 3);
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
  const copy = source.copyUniqueId?.bind(source);
  return copy === undefined ? textWriter(source) : octetWriter(copy);
}

function textWriter(source: ListingSource): ValueWriter {
  return (target, at, position) => {
    const text = source.uniqueIdAt(position);
    if (text.length > UNIQUE_ID_OCTETS) return at;
    for (let index = 0; index < text.length; index++) {
      const octet = text.charCodeAt(index);
      if (!isUniqueIdOctet(octet)) return at;
      target[at + index] = octet;
    }
    return at + text.length;
  };
}

function octetWriter(copy: NonNullable<ListingSource["copyUniqueId"]>): ValueWriter {
  return (target, at, position) => {
    const end = at + copy(position, target, at);
    if (end - at > UNIQUE_ID_OCTETS) return at;
    for (let checked = at; checked < end; checked++) {
      const octet = octetAt(target, checked);
      if (octet < UNIQUE_ID_FIRST || octet > UNIQUE_ID_LAST) return at;
    }
    return end;
  };
}

/** `share`: how many times the lines written so far the whole listing is. Lines are much alike, so that once is mostly enough. */
function enlarged(octets: Uint8Array, used: number, share: number): Uint8Array {
  const target = new Uint8Array(ROOM_OCTETS + Math.ceil(used * Math.max(1.1 * share, 1.5)));
  target.set(octets);
  return target;
}

/** From here on, a copy costs more than the room that is left over. */
const LARGE_OCTETS = 65_536;
/** More than a number, a space, a unique-id of the greatest length, CRLF and the termination octet. */
const ROOM_OCTETS = 128;
