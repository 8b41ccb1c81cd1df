// The unique-id of a message (RFC 1939 §7: 1–70 octets of 0x21–0x7E), from its unique name alone. README.md beside this file
// has the theory.

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

/** Whether a unique name is its own unique-id. */
export function isUniqueId(octets: Uint8Array, start: number, length: number): boolean {
  // A name that looks like a digest is digested too: so no name can take the unique-id that another was given.
  return isUniqueIdText(octets, start, length) && !isDigestText(octets, start, length);
}

/** Whether RFC 1939 §7 allows it for a unique-id. */
export function isUniqueIdText(octets: Uint8Array, start: number, length: number): boolean {
  if (length < 1 || length > UNIQUE_ID_OCTETS) return false;
  for (let index = start; index < start + length; index++) {
    const octet = octets[index] ?? 0;
    if (octet < 0x21 || octet > 0x7e) return false;
  }
  return true;
}

/** Whether it could be what `digestOf` makes. */
export function isDigestText(octets: Uint8Array, start: number, length: number): boolean {
  return length === DIGEST_OCTETS && isBase64UrlText(octets, start, length);
}

/** The unique-id of a unique name that is not its own: 43 characters of base64url. */
export function digestOf(octets: Uint8Array, start: number, length: number): string {
  return createHash("sha256")
    .update(octets.subarray(start, start + length))
    .digest("base64url");
}

/** The unique-id of a unique name, one latin-1 character an octet. */
export function uniqueIdOf(uniqueName: string): string {
  const octets = Buffer.from(uniqueName, "latin1");
  return isUniqueId(octets, 0, octets.length) ? uniqueName : digestOf(octets, 0, octets.length);
}

function isBase64UrlText(octets: Uint8Array, start: number, length: number): boolean {
  for (let index = start; index < start + length; index++) if (!isBase64Url(octets[index] ?? 0)) return false;
  return true;
}

function isBase64Url(octet: number): boolean {
  const lower = octet | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || (octet >= 0x30 && octet <= 0x39) || octet === 0x2d || octet === 0x5f;
}

const UNIQUE_ID_OCTETS = 70;
const DIGEST_OCTETS = 43;
