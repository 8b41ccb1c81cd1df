// What the two ways of a message to the socket have in common: where TOP cuts it, and what ends it.

import { closingOctets, TopCut } from "@postigo/protocol";
import type { OpenMessage } from "@postigo/storage";

/** undefined where nothing is cut off. A message has no more lines than octets: such a TOP is a RETR, and as fast. */
export function topCutOf(message: OpenMessage, bodyLines: number | "all"): TopCut | undefined {
  return bodyLines === "all" || bodyLines >= message.octets ? undefined : new TopCut(bodyLines);
}

/** The termination octet after the octet `last` of the message, with the CRLF that may be missing. */
export const endingAfter = (last: number): Uint8Array =>
  closingOctets(last) === 2 ? CLOSING_AND_TERMINATION : TERMINATION;

const TERMINATION: Uint8Array = Buffer.from(".\r\n", "latin1");
const CLOSING_AND_TERMINATION: Uint8Array = Buffer.from("\r\n.\r\n", "latin1");
export const LONGEST_ENDING = CLOSING_AND_TERMINATION.length;
