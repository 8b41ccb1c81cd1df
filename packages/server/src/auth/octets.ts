// Comparing and reading octets without telling an onlooker how far they agreed.

import { timingSafeEqual } from "node:crypto";

/** Equal in time that depends on the length of `claimed` only. */
export function octetsAreEqual(claimed: Uint8Array, known: Uint8Array): boolean {
  if (claimed.length === known.length) return timingSafeEqual(claimed, known);
  timingSafeEqual(claimed, claimed);
  return false;
}

/** Octets of base64 text (RFC 4648 §4), padded or not; undefined if it is anything else. */
export function decodeBase64(text: string): Uint8Array | undefined {
  return BASE64.test(text) ? Buffer.from(text, "base64") : undefined;
}

/** Octets of hex text in either case; undefined if it is anything else. */
export function decodeHex(text: string): Uint8Array | undefined {
  return HEX.test(text) ? Buffer.from(text, "hex") : undefined;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;
const HEX = /^(?:[0-9A-Fa-f]{2})*$/;

/** Text of UTF-8 octets; undefined if they are none. */
export function decodeUtf8(octets: Uint8Array): string | undefined {
  try {
    return UTF8.decode(octets);
  } catch {
    return undefined;
  }
}

/** Throws for what is no UTF-8, and takes nothing away. */
export const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
