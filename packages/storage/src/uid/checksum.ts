// CRC-32 as gzip and `crc32` of zlib have it: any language at hand can check or write a line of postigo.uids.

import { Buffer } from "node:buffer";

export function crc32(octets: Uint8Array, start: number, end: number): number {
  let crc = 0xffff_ffff;
  for (let index = start; index < end; index++) {
    crc = (TABLE[(crc ^ (octets[index] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8);
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}

/** Of a text of one latin-1 character an octet, as it is written behind it: 8 lower-case hexadecimal digits. */
export function checksumOf(text: string): string {
  const octets = Buffer.from(text, "latin1");
  return crc32(octets, 0, octets.length).toString(16).padStart(8, "0");
}

const TABLE = Uint32Array.from({ length: 256 }, (_, octet) => {
  let crc = octet;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb8_8320 ^ (crc >>> 1) : crc >>> 1;
  return crc;
});
