// The arguments of commands: what stands after the keyword and one space. Each reader returns undefined for an argument that
// breaks its grammar.
//
//   number     = 1*DIGIT             no sign, no fraction; more than a number can hold is the greatest one
//   user       = 1*octet             UTF-8 (RFC 6856 §2.2); spaces within it belong to it
//   password   = 1*octet             the rest of the line, every space of it (RFC 1939 §7, PASS)
//   digest     = 32 hexadecimal digits (RFC 1939 §7, APOP)
//   response   = "=" / base64        "=": none, but sent at once (RFC 5034 §4)
//
// Spaces at the end of an argument are tolerated, except in a password.

import { MOST_BODY_LINES } from "../limits.js";
import { DIGIT_NINE, DIGIT_ZERO, EQUALS, isUtf8, latin1Text, octetAt, SP, type Span, utf8Text } from "../octets.js";
import { Secret } from "../secret.js";
import { decodeBase64 } from "./base64.js";
import type { Command } from "./command.js";

/** `argument`: undefined when no space follows the keyword. */
export type ArgumentReader = (argument: Span | undefined) => Command | undefined;

/** For a command that takes nothing. */
export const nothing =
  (command: Command): ArgumentReader =>
  (argument) =>
    isAbsent(argument) ? command : undefined;

/** For a command that takes one argument. */
export const one =
  (read: (span: Span) => Command | undefined): ArgumentReader =>
  (argument) =>
    isAbsent(argument) ? undefined : read(trimEnd(argument));

/** For a command that means something else without its argument. */
export const oneOrNothing =
  (read: (span: Span) => Command | undefined, without: Command): ArgumentReader =>
  (argument) =>
    isAbsent(argument) ? without : read(trimEnd(argument));

/** For `LIST n` and its like. */
export function messageOf(verb: "LIST" | "UIDL" | "RETR" | "DELE"): (span: Span) => Command | undefined {
  return (span) => {
    const message = numberIn(span);
    return message === undefined ? undefined : { verb, message };
  };
}

export function topArguments(span: Span): Command | undefined {
  const split = splitAt(span, firstSpace(span));
  if (split === undefined) return undefined;
  const message = numberIn(split[0]);
  const bodyLines = numberIn(split[1]);
  if (message === undefined || bodyLines === undefined) return undefined;
  return { verb: "TOP", message, bodyLines: Math.min(bodyLines, MOST_BODY_LINES) };
}

/** Not trimmed: spaces at either end belong to the password (D20). */
export function password(argument: Span | undefined): Command | undefined {
  if (argument === undefined || argument.start === argument.end) return undefined;
  // Not slice(): of a Node Buffer that is a view, and the transport writes over what it looks at.
  const octets = new Uint8Array(argument.octets.subarray(argument.start, argument.end));
  return { verb: "PASS", password: new Secret(octets), wellFormed: isUtf8(argument) };
}

export function apopArguments(span: Span): Command | undefined {
  const split = splitAt(span, lastSpace(span));
  if (split === undefined) return undefined;
  const digest = latin1Text(split[1]).toLowerCase();
  return /^[0-9a-f]{32}$/.test(digest) ? { verb: "APOP", user: utf8Text(split[0]), digest } : undefined;
}

export function authArguments(span: Span): Command | undefined {
  const split = splitAt(span, firstSpace(span));
  if (split === undefined) return { verb: "AUTH", mechanism: mechanismIn(span), initialResponse: undefined };
  const response = isEqualsSign(split[1]) ? NO_OCTETS : decodeBase64(split[1]);
  if (response === undefined) return undefined;
  return { verb: "AUTH", mechanism: mechanismIn(split[0]), initialResponse: new Secret(response) };
}

const isAbsent = (argument: Span | undefined): argument is undefined =>
  argument === undefined || trimEnd(argument).end === argument.start;

function trimEnd({ octets, start, end }: Span): Span {
  let last = end;
  while (last > start && octets[last - 1] === SP) last--;
  return { octets, start, end: last };
}

/** The number that a span of nothing but digits means; the span is not empty. */
function numberIn({ octets, start, end }: Span): number | undefined {
  let number = 0;
  for (let at = start; at < end; at++) {
    const octet = octetAt(octets, at);
    if (octet < DIGIT_ZERO || octet > DIGIT_NINE) return undefined;
    number = Math.min(number * 10 + (octet - DIGIT_ZERO), Number.MAX_SAFE_INTEGER);
  }
  return number;
}

function mechanismIn(span: Span): string {
  return latin1Text(span).toUpperCase();
}

const isEqualsSign = ({ octets, start, end }: Span): boolean => end - start === 1 && octets[start] === EQUALS;

const firstSpace = ({ octets, start }: Span): number => octets.indexOf(SP, start);

/** A user name may hold spaces, a digest does not. */
const lastSpace = ({ octets, end }: Span): number => octets.lastIndexOf(SP, end - 1);

/** What stands before and after the space; undefined when the space lies outside of the span or nothing stands before it. */
function splitAt({ octets, start, end }: Span, space: number): readonly [Span, Span] | undefined {
  if (space <= start || space >= end) return undefined;
  return [
    { octets, start, end: space },
    { octets, start: space + 1, end },
  ];
}

const NO_OCTETS = new Uint8Array(0);
