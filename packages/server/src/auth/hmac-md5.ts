// HMAC-MD5 (RFC 2104) that can be stopped after its key. node:crypto does not show the states of its hashes, so the
// compression of RFC 1321 §3.4 stands here; it sees 64 octets at a time and no secret decides where it branches.

import { createHash } from "node:crypto";
import { Secret } from "@postigo/protocol";
import type { HmacMd5States } from "./stored-secret.js";

/** The states of an HMAC whose key is the password (RFC 2104 §4). */
export function beginHmacMd5(password: Uint8Array): HmacMd5States {
  const key = password.length > BLOCK ? createHash("md5").update(password).digest() : password;
  return { outer: new Secret(keyState(key, 0x5c)), inner: new Secret(keyState(key, 0x36)) };
}

/** The 16 octets of the HMAC over `message`. */
export function finishHmacMd5({ outer, inner }: HmacMd5States, message: Uint8Array): Uint8Array {
  return finish(outer.reveal(), finish(inner.reveal(), message));
}

const BLOCK = 64;

function keyState(key: Uint8Array, pad: number): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  block.set(key);
  return compress(
    INITIAL,
    block.map((octet) => octet ^ pad),
  );
}

/** MD5 of one block, whose state is given, and `rest` (RFC 1321 §3.1, §3.2: padding, and the length in bits). */
function finish(state: Uint8Array, rest: Uint8Array): Uint8Array {
  const padded = Buffer.alloc(Math.ceil((rest.length + 9) / BLOCK) * BLOCK);
  padded.set(rest);
  padded[rest.length] = 0x80;
  padded.writeBigUInt64LE(BigInt(BLOCK + rest.length) * 8n, padded.length - 8);
  let current = state;
  for (let at = 0; at < padded.length; at += BLOCK) current = compress(current, padded.subarray(at, at + BLOCK));
  return current;
}

/** RFC 1321 §3.4. */
function compress(state: Uint8Array, block: Uint8Array): Uint8Array {
  const before = words(state);
  const message = words(block);
  let [a = 0, b = 0, c = 0, d = 0] = before;
  for (let step = 0; step < 64; step += 1) {
    const round = ROUNDS[step >> 4] ?? FIRST_ROUND;
    const sum = a + round.mix(b, c, d) + (message[(round.stride * step + round.offset) % 16] ?? 0) + (SINES[step] ?? 0);
    [a, d, c, b] = [d, c, b, (b + rotate(sum, round.shifts[step % 4] ?? 0)) | 0];
  }
  const after = Buffer.alloc(16);
  for (const [index, word] of [a, b, c, d].entries()) after.writeInt32LE((word + (before[index] ?? 0)) | 0, index * 4);
  return after;
}

interface Round {
  readonly mix: (x: number, y: number, z: number) => number;
  readonly shifts: readonly number[];
  readonly stride: number;
  readonly offset: number;
}

const FIRST_ROUND: Round = { mix: (x, y, z) => (x & y) | (~x & z), shifts: [7, 12, 17, 22], stride: 1, offset: 0 };
const ROUNDS: readonly Round[] = [
  FIRST_ROUND,
  { mix: (x, y, z) => (x & z) | (y & ~z), shifts: [5, 9, 14, 20], stride: 5, offset: 1 },
  { mix: (x, y, z) => x ^ y ^ z, shifts: [4, 11, 16, 23], stride: 3, offset: 5 },
  { mix: (x, y, z) => y ^ (x | ~z), shifts: [6, 10, 15, 21], stride: 7, offset: 0 },
];

const SINES = Array.from({ length: 64 }, (_, step) => Math.floor(Math.abs(Math.sin(step + 1)) * 2 ** 32));
const INITIAL = Buffer.from("0123456789abcdeffedcba9876543210", "hex");

function words(octets: Uint8Array): readonly number[] {
  const view = Buffer.from(octets.buffer, octets.byteOffset, octets.length);
  return Array.from({ length: octets.length / 4 }, (_, index) => view.readInt32LE(index * 4));
}

function rotate(sum: number, bits: number): number {
  const word = sum | 0;
  return (word << bits) | (word >>> (32 - bits));
}
