// The second part of postigo.index: what was learnt since the snapshot was taken, one record for each time it was saved.
//
//   record   = length checksum payload      length: of the payload, 32 bits; checksum: the first 8 octets of its SHA-256
//   payload  = 1*fact
//   fact     = octets fileOctets time nameLength unique-name      three 64-bit floats, 16 bits, the octets of the unique name
//
// Numbers are little-endian. A record counts whole or not at all; what follows one that is torn is not read.

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { isCount } from "./snapshot.js";

export interface Fact {
  /** One latin-1 character an octet. */
  readonly uniqueName: string;
  readonly octets: number;
  readonly fileOctets: number;
  /** Delivery time in microseconds since 1970. */
  readonly time: number;
}

export function encodeRecord(facts: readonly Fact[]): Uint8Array {
  const length = facts.reduce((sum, { uniqueName }) => sum + FACT + uniqueName.length, 0);
  const record = Buffer.alloc(RECORD + length);
  let next = RECORD;
  for (const { uniqueName, octets, fileOctets, time } of facts) {
    next = record.writeDoubleLE(octets, next);
    next = record.writeDoubleLE(fileOctets, next);
    next = record.writeDoubleLE(time, next);
    next = record.writeUInt16LE(uniqueName.length, next);
    next += record.write(uniqueName, next, "latin1");
  }
  record.writeUInt32LE(length, 0);
  checksumOf(record.subarray(RECORD)).copy(record, 4);
  return record;
}

export interface FactLog {
  readonly facts: readonly Fact[];
  /** Whether there was nothing but sound records. */
  readonly isWhole: boolean;
}

/** Reads records up to the end or to the first that is not sound. */
export function decodeRecords(octets: Uint8Array): FactLog {
  const log = Buffer.from(octets.buffer, octets.byteOffset, octets.length);
  const facts: Fact[] = [];
  let next = 0;
  while (next < log.length) {
    const end = endOfRecord(log, next);
    if (end === undefined || !readFacts(log.subarray(next + RECORD, end), facts)) return { facts, isWhole: false };
    next = end;
  }
  return { facts, isWhole: true };
}

function endOfRecord(log: Buffer, start: number): number | undefined {
  const payload = start + RECORD;
  if (payload > log.length) return undefined;
  const end = payload + log.readUInt32LE(start);
  if (end > log.length) return undefined;
  return checksumOf(log.subarray(payload, end)).equals(log.subarray(start + 4, payload)) ? end : undefined;
}

/** Whether the payload held facts and nothing else. */
function readFacts(payload: Buffer, facts: Fact[]): boolean {
  let next = 0;
  while (next < payload.length) {
    const name = next + FACT;
    if (name > payload.length) return false;
    const end = name + payload.readUInt16LE(name - 2);
    const fact = {
      uniqueName: payload.toString("latin1", name, end),
      octets: payload.readDoubleLE(next),
      fileOctets: payload.readDoubleLE(next + 8),
      time: payload.readDoubleLE(next + 16),
    };
    if (end > payload.length || !isSound(fact)) return false;
    facts.push(fact);
    next = end;
  }
  return true;
}

function isSound({ octets, fileOctets, time }: Fact): boolean {
  return isCount(octets) && isCount(fileOctets) && Number.isFinite(time);
}

function checksumOf(payload: Uint8Array): Buffer {
  return createHash("sha256").update(payload).digest().subarray(0, CHECKSUM);
}

const CHECKSUM = 8;
const RECORD = 4 + CHECKSUM;
const FACT = 26;
