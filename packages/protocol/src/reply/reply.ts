// What answers a command: a status line, and for multi-line responses what follows it. The commonest replies never change,
// so their octets are made once for each language.
//
//   status line = ("+OK" / "-ERR") [SP "[" code "]"] [SP text] CRLF        at most 512 octets (RFC 2449 §4)
//   multi-line  = status line *(line CRLF) "." CRLF                        RFC 1939 §3

import { STATUS_LINE_OCTETS } from "../limits.js";
import { utf8Octets } from "../octets.js";
import type { ResponseCode } from "./response-code.js";
import { type Language, type Sentences, WORDINGS } from "./wording.js";

export interface Reply {
  /** What `+OK` and `-ERR` say to a program. */
  readonly positive: boolean;
  /** The status line by language. */
  readonly statusLine: { readonly [L in Language]: Uint8Array };
  /** What follows the status line, termination octet included. */
  readonly body: Uint8Array | undefined;
}

/** `+OK` with a sentence of the catalogue. */
export const ok = (sentence: keyof Sentences): Reply => fixed(true, "+OK ", sentence);

/** `-ERR` with a sentence of the catalogue. */
export const err = (sentence: keyof Sentences, code?: ResponseCode): Reply =>
  fixed(false, code === undefined ? "-ERR " : `-ERR [${code}] `, sentence);

/** `+OK` with a text that was made for this one answer. */
export const okText = (text: string): Reply => inEveryLanguage(true, encodeStatusLine(`+OK ${text}`));

/** `-ERR` likewise. */
export const errText = (code: ResponseCode, text: string): Reply =>
  inEveryLanguage(false, encodeStatusLine(`-ERR [${code}] ${text}`));

/** A whole status line that reads alike in every language, e.g. `+OK 2 320`. */
export const okOctets = (octets: Uint8Array): Reply => inEveryLanguage(true, octets);

/** The same reply with what follows its status line, termination octet included. */
export const withBody = (reply: Reply, body: Uint8Array): Reply => ({ ...reply, body });

/** Lines of ours as the body of a reply; none of them begins with a dot. */
export const bodyOf = (lines: readonly string[]): Uint8Array => utf8Octets([...lines, ".\r\n"].join("\r\n"));

/** Text → octets of a status line with its CRLF. */
export function encodeStatusLine(text: string): Uint8Array {
  const octets = utf8Octets(`${text}\r\n`);
  if (octets.length > STATUS_LINE_OCTETS) throw new RangeError("a status line is longer than RFC 2449 §4 permits");
  return octets;
}

function fixed(positive: boolean, before: string, sentence: keyof Sentences): Reply {
  const inLanguage = (language: Language) => encodeStatusLine(before + WORDINGS[language][sentence]);
  return { positive, statusLine: { en: inLanguage("en"), es: inLanguage("es") }, body: undefined };
}

const inEveryLanguage = (positive: boolean, octets: Uint8Array): Reply => ({
  positive,
  statusLine: { en: octets, es: octets },
  body: undefined,
});
