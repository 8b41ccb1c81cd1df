// Octets by name, and the few conversions between octets, numbers and text that the protocol needs. No runtime library is
// used, so UTF-8 goes through what the language itself has: encodeURIComponent and its strict counterpart.

export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const ASTERISK = 0x2a;
export const DOT = 0x2e;
export const DIGIT_ZERO = 0x30;
export const DIGIT_NINE = 0x39;
export const EQUALS = 0x3d;
const DEL = 0x7f;

/** Part of a larger piece of memory, from `start` up to but not including `end`. Good until that memory is reused. */
export interface Span {
  readonly octets: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** The octet at a position; 0 outside of the memory. */
export const octetAt = (octets: Uint8Array, at: number): number => octets[at] ?? 0;

/** ASCII letters become capitals, every other octet stays. */
export const upperCase = (octet: number): number => (octet >= 0x61 && octet <= 0x7a ? octet - 0x20 : octet);

/** C0 controls and DEL: never part of a command line (docs/adr/0003). */
export const isControl = (octet: number): boolean => octet < SP || octet === DEL;

/** One character an octet, 0x00–0xFF. */
export function latin1Text({ octets, start, end }: Span): string {
  let text = "";
  for (let at = start; at < end; at++) text += String.fromCharCode(octetAt(octets, at));
  return text;
}

/** The text these octets spell in UTF-8, or undefined when they are no well-formed UTF-8 (RFC 3629). */
export function utf8Text(span: Span): string | undefined {
  const { octets, start, end } = span;
  let escaped = "";
  for (let at = start; at < end; at++) escaped += ESCAPES[octetAt(octets, at)];
  try {
    return decodeURIComponent(escaped);
  } catch {
    return undefined;
  }
}

/** True for well-formed UTF-8; says so of ASCII without making a text of it. */
export function isUtf8(span: Span): boolean {
  for (let at = span.start; at < span.end; at++) {
    if (octetAt(span.octets, at) >= 0x80) return utf8Text(span) !== undefined;
  }
  return true;
}

/** The octets of a text in UTF-8; of an ASCII text, one octet a character. */
export function utf8Octets(text: string): Uint8Array {
  const ascii = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x80) return encodeUtf8(text);
    ascii[at] = unit;
  }
  return ascii;
}

/** Writes a whole number of 0 or more in decimal digits; returns the position after the last one. */
export function writeDecimal(target: Uint8Array, at: number, value: number): number {
  let end = at + 1;
  for (let bound = 10; bound <= value; bound *= 10) end++;
  let rest = value;
  for (let position = end - 1; position >= at; position--) {
    const quotient = Math.floor(rest / 10);
    target[position] = DIGIT_ZERO + (rest - quotient * 10);
    rest = quotient;
  }
  return end;
}

function encodeUtf8(text: string): Uint8Array {
  const escaped = encodeURIComponent(text);
  const octets: number[] = [];
  for (let at = 0; at < escaped.length; at++) {
    const isEscape = escaped[at] === "%";
    octets.push(isEscape ? Number(`0x${escaped.slice(at + 1, at + 3)}`) : escaped.charCodeAt(at));
    if (isEscape) at += 2;
  }
  return Uint8Array.from(octets);
}

const ESCAPES: readonly string[] = Array.from({ length: 256 }, (_, octet) => {
  const isPlain = octet < 0x80 && octet !== 0x25;
  return isPlain ? String.fromCharCode(octet) : `%${octet.toString(16)}`;
});
