// Base64 as SASL uses it (RFC 5034 §4, RFC 4648 §4): the standard alphabet, padded, canonical. What a careless decoder would
// let pass (other alphabets, line breaks, missing padding, set bits after the last octet) is refused, so that one value has one form.

import { EQUALS, octetAt, type Span } from "../octets.js";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The octets that are meant; undefined when the span is not canonical base64. An empty span means no octets. */
export function decodeBase64({ octets, start, end }: Span): Uint8Array | undefined {
  const length = end - start;
  if (length % 4 !== 0) return undefined;
  const padding = paddingOf(octets, start, end);
  const decoded = new Uint8Array((length / 4) * 3 - padding);
  let bits = 0;
  let held = 0;
  let written = 0;
  for (let at = start; at < end - padding; at++) {
    const value = octetAt(VALUES, octetAt(octets, at));
    if (value === NONE) return undefined;
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    decoded[written++] = bits >> held;
  }
  const trailing = bits & ((1 << held) - 1);
  return trailing === 0 ? decoded : undefined;
}

/** The one text that `decodeBase64` reads back. */
export function encodeBase64(value: Uint8Array): string {
  let text = "";
  for (let at = 0; at < value.length; at += 3) {
    const remaining = value.length - at;
    const group = (octetAt(value, at) << 16) | (octetAt(value, at + 1) << 8) | octetAt(value, at + 2);
    text += ALPHABET.charAt(group >> 18) + ALPHABET.charAt((group >> 12) & 63);
    text += remaining > 1 ? ALPHABET.charAt((group >> 6) & 63) : "=";
    text += remaining > 2 ? ALPHABET.charAt(group & 63) : "=";
  }
  return text;
}

function paddingOf(octets: Uint8Array, start: number, end: number): 0 | 1 | 2 {
  if (end === start || octets[end - 1] !== EQUALS) return 0;
  return octets[end - 2] === EQUALS ? 2 : 1;
}

const NONE = 0xff;
const VALUES = new Uint8Array(256).fill(NONE);
for (let value = 0; value < ALPHABET.length; value++) VALUES[ALPHABET.charCodeAt(value)] = value;
