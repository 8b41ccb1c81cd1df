// Octets as text without spaces, controls or 8-bit: what is no printable US-ASCII, and `%`, is written `%XX`.

/** `text`: one latin-1 character an octet. */
export function percentEncoded(text: string): string {
  return text.replace(TO_ENCODE, (octet) => `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
}

/** Decodes `start` … `end` in place, from `start` on, and returns the length; -1 if it is no such text. */
export function decodePercent(octets: Uint8Array, start: number, end: number): number {
  let to = start;
  for (let from = start; from < end; to++) {
    const octet = octets[from] ?? 0;
    if (octet <= SPACE || octet > TILDE) return -1;
    const value = octet === PERCENT ? hexAt(octets, from + 1, Math.min(from + 3, end)) : octet;
    if (value < 0) return -1;
    octets[to] = value;
    from += octet === PERCENT ? 3 : 1;
  }
  return to - start;
}

function hexAt(octets: Uint8Array, start: number, end: number): number {
  if (end - start !== 2) return -1;
  const high = hexValue(octets[start] ?? 0);
  const low = hexValue(octets[start + 1] ?? 0);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function hexValue(octet: number): number {
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30;
  return octet >= 0x41 && octet <= 0x46 ? octet - 0x37 : -1;
}

const TO_ENCODE = /[^\x21-\x24\x26-\x7e]/g;
const SPACE = 0x20;
const PERCENT = 0x25;
const TILDE = 0x7e;
