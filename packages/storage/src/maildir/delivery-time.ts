// When a message was delivered: its unique name says so if a delivery agent has written it, else the mtime of its file does.
//
//   unique-name = seconds ( "." / "_" ) delivery "." host      by convention
//   seconds     = 9*10DIGIT                                    since 1970, no leading zero; none before 1996, when there was no Maildir
//   delivery    = 1*( any octet but "." )                      may hold "M" and microseconds
//
// Other names begin with digits too: numbers of messages (`12345.eml`), dates (`20240101.eml`). Read as seconds they would make
// mail that has just come half a century old, and `maildrop.expire` would take it (ADR 0084).

import { baseLengthOf } from "./file-name.js";

/** Microseconds since 1970; -1 if the name does not tell. */
export function deliveryTimeOf(name: string): number {
  let seconds = 0;
  let at = 0;
  for (; isDigit(name.charCodeAt(at)); at++) {
    if (at === SECONDS_DIGITS) return -1;
    seconds = seconds * 10 + name.charCodeAt(at) - ZERO;
  }
  const after = name.charCodeAt(at);
  if (seconds < FIRST_MAILDIR || name.charCodeAt(0) === ZERO) return -1;
  // offlineimap writes `seconds_n.pid.host`.
  if ((after !== DOT && after !== UNDERSCORE) || !isByAgent(name, at + 1)) return -1;
  return seconds * 1_000_000 + microsecondsIn(name, at + 1);
}

/** Whether `delivery "." host` stands at `from`. */
function isByAgent(name: string, from: number): boolean {
  const dot = name.indexOf(".", from);
  return dot > from && dot + 1 < baseLengthOf(name);
}

// Courier and Dovecot write `M567890P…`, Postfix `V801I1a2bM567890`: the first M with digits behind it, in the second part.
function microsecondsIn(name: string, from: number): number {
  for (let at = from; at < name.length; at++) {
    const octet = name.charCodeAt(at);
    if (octet === DOT || octet === COMMA || octet === COLON) return 0;
    if (octet === UPPER_M && isDigit(name.charCodeAt(at + 1))) return digitsAt(name, at + 1);
  }
  return 0;
}

function digitsAt(name: string, from: number): number {
  let value = 0;
  for (let at = from; isDigit(name.charCodeAt(at)); at++) {
    value = value * 10 + name.charCodeAt(at) - ZERO;
    if (value > MICROSECONDS_MAX) return MICROSECONDS_MAX;
  }
  return value;
}

const isDigit = (octet: number): boolean => octet >= ZERO && octet <= NINE;

/** Ten digits of seconds last until 2286; in microseconds they are exact to one or two. */
const SECONDS_DIGITS = 10;
/** 1 January 1996, in seconds since 1970: what is said to be older was never in a Maildir then. */
export const FIRST_MAILDIR = 820_454_400;
const MICROSECONDS_MAX = 999_999;
const ZERO = 0x30;
const NINE = 0x39;
const UPPER_M = 0x4d;
const COMMA = 0x2c;
const DOT = 0x2e;
const COLON = 0x3a;
const UNDERSCORE = 0x5f;
