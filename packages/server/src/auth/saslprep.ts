// SASLprep (RFC 4013): one form for what looks the same, so that a password typed on another keyboard still fits.

import saslprep from "saslprep";
import { UTF8 } from "./octets.js";

/**
 * The prepared octets; the octets as they are if they are no UTF-8, or hold what RFC 4013 §2.3 prohibits: such a password
 * may well be in use, and it is then compared as it stands.
 */
export function prepare(octets: Uint8Array): Uint8Array {
  if (isPrintableAscii(octets)) return octets;
  try {
    // RFC 3454 §7: unassigned code points stand in a query, so that characters newer than Unicode 3.2 work.
    return Buffer.from(saslprep(UTF8.decode(octets), { allowUnassigned: true }));
  } catch {
    return octets;
  }
}

/** Most passwords are, and are their own prepared form. */
function isPrintableAscii(octets: Uint8Array): boolean {
  return octets.every((octet) => octet >= 0x20 && octet < 0x7f);
}
