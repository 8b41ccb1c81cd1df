// One line → a command, or why it is none.
//
//   line    = keyword [SP argument]      keyword: letters in any case (RFC 1939 §3); exactly one space
//   octets  = 0x20–0x7E and, in arguments, 0x80–0xFF; a control octet anywhere makes the line an error (docs/adr/0003)

import { isControl, octetAt, SP, type Span } from "../octets.js";
import type { Command, Malformed } from "./command.js";
import { readerOf } from "./keyword-table.js";

/** The line without its line end. Nothing of it is kept: what the command carries are copies. */
export function parseCommand({ octets, start, end }: Span): Command | Malformed {
  let space = end;
  for (let at = end - 1; at >= start; at--) {
    const octet = octetAt(octets, at);
    if (isControl(octet)) return CONTROL_OCTET;
    if (octet === SP) space = at;
  }
  const read = readerOf({ octets, start, end: space });
  if (read === undefined) return UNKNOWN_COMMAND;
  return read(space === end ? undefined : { octets, start: space + 1, end }) ?? BAD_ARGUMENT;
}

const CONTROL_OCTET: Malformed = { verb: "malformed", fault: "control-octet" };
const UNKNOWN_COMMAND: Malformed = { verb: "malformed", fault: "unknown-command" };
const BAD_ARGUMENT: Malformed = { verb: "malformed", fault: "bad-argument" };
