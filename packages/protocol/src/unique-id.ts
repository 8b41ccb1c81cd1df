// The rule for unique-ids, RFC 1939 §7: 1 to 70 octets of 0x21 to 0x7E.

import { UNIQUE_ID_OCTETS } from "./limits.js";

/** True when the text may stand in a unique-id listing. */
export function isUniqueId(text: string): boolean {
  if (text.length === 0 || text.length > UNIQUE_ID_OCTETS) return false;
  for (let at = 0; at < text.length; at++) {
    if (!isUniqueIdOctet(text.charCodeAt(at))) return false;
  }
  return true;
}

export const isUniqueIdOctet = (octet: number): boolean => octet >= UNIQUE_ID_FIRST && octet <= UNIQUE_ID_LAST;

/** The range of their octets, for loops over many. */
export const UNIQUE_ID_FIRST = 0x21;
export const UNIQUE_ID_LAST = 0x7e;
