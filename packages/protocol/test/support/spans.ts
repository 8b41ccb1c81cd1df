// Text of tests as a span in the middle of other octets, so that a reader that strays beyond it is caught.

import type { Span } from "#protocol/octets";
import { octetsOf } from "./octets.js";

/** One latin-1 character an octet. */
export function spanOf(text: string): Span {
  const before = "7 7=*";
  return { octets: octetsOf(`${before}${text}7 =7`), start: before.length, end: before.length + text.length };
}
