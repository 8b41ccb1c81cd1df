// The grammar of replies, RFC 1939 §3 and RFC 2449 §4 and §8, with nothing forgiven.
//
//   status line  = ("+OK" / "-ERR") [SP ["[" code "]" SP] text] CRLF      at most 512 octets, no bare CR or LF, printable octets
//   multi-line   = status line "+OK", lines that end in CRLF, ".CRLF"     a leading dot doubled
//   continuation = "+ " [base64] CRLF

import assert from "node:assert/strict";

export interface Reply {
  readonly ok: boolean;
  /** Response code without its brackets, as `IN-USE`. */
  readonly code: string | undefined;
  /** All that follows the status indicator and one space. */
  readonly text: string;
}

export interface MultiLineReply extends Reply {
  /** Canonical octets: byte-stuffing undone, termination octet gone. */
  readonly body: Buffer;
}

/** The line that ends a multi-line reply. */
export const TERMINATOR = Buffer.from(".\r\n");

/** `line` without its CRLF. */
export function parseStatusLine(line: Buffer): Reply {
  assert.ok(line.length + 2 <= 512, `a status line of ${line.length + 2} octets`);
  const match = STATUS.exec(line.toString("latin1"));
  assert.ok(match, `not a status line: ${JSON.stringify(line.toString("latin1"))}`);
  const [whole, indicator = "", code] = match;
  return { ok: indicator === "+OK", code, text: whole.slice(indicator.length + 1) };
}

/** `line` without its CRLF; the challenge, base64 undone. */
export function parseContinuation(line: Buffer): Buffer {
  const text = line.toString("latin1");
  assert.match(text, CONTINUATION, "a continuation");
  return Buffer.from(text.slice(2), "base64");
}

/** Undoes byte-stuffing of all lines before the terminator; a bare LF anywhere is an error of the server. */
export function unstuff(stuffed: Buffer): Buffer {
  const lines: Buffer[] = [];
  for (let from = 0; from < stuffed.length; ) {
    const end = stuffed.indexOf(LF, from);
    assert.ok(end > from && stuffed[end - 1] === CR, "a body line that does not end in CRLF");
    const line = stuffed.subarray(from, end + 1);
    assert.ok(!line.equals(TERMINATOR), "a line that is a single dot inside a body");
    lines.push(line[0] === DOT ? line.subarray(1) : line);
    from = end + 1;
  }
  return Buffer.concat(lines);
}

const STATUS = /^(\+OK|-ERR)(?: (?:\[([A-Z0-9/-]+)\](?: |$))?([\x20-\x7e\x80-\xff]*))?$/;
const CONTINUATION = /^\+ (?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const CR = 0x0d;
const LF = 0x0a;
const DOT = 0x2e;
