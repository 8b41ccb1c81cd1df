// One event as one line.
//
//   text   2026-11-22T08:15:30.123Z INFO login session=k3j9 peer=192.0.2.7 user=ana@example.org …
//          time SP LEVEL SP event *(SP name "=" value); a value that is absent is "-"
//          value = bare / quoted; bare = printable ASCII without space, quote, "=" and backslash, and not "-" alone;
//          quoted = DQUOTE, in which quote and backslash have a backslash before them, and all that is not printable ASCII is
//          \xHH (below U+0100) or \u{H…}. So no value, whoever chose it, holds a line end, ends early or looks like another field.
//   json   {"time":"…","level":"info","event":"login","session":"k3j9",…}; what is absent is left out

import type { FieldValue, Level } from "./events.js";

type Fields = Readonly<Record<string, FieldValue>>;

/** Makes the line of an event, without its line end; `at` in milliseconds since 1970. */
export type LineFormat = (at: number, level: Level, event: string, fields: Fields) => string;

export const textLine: LineFormat = (at, level, event, fields) => {
  let line = `${stampOf(at)} ${LEVEL_WORDS[level]} ${event}`;
  for (const name in fields) line += ` ${name}=${textValue(fields[name])}`;
  return line;
};

export const jsonLine: LineFormat = (at, level, event, fields) => {
  let line = `{"time":"${stampOf(at)}","level":"${level}","event":"${event}"`;
  for (const name in fields) {
    const value = fields[name];
    if (value !== undefined) line += `,"${name}":${JSON.stringify(typeof value === "string" ? cut(value) : value)}`;
  }
  return `${line}}`;
};

const textValue = (value: FieldValue): string => {
  if (typeof value !== "string") return value === undefined ? "-" : String(value);
  const bounded = cut(value);
  return BARE.test(bounded) && bounded !== "-" ? bounded : `"${bounded.replace(UNSAFE, escaped)}"`;
};

const escaped = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  if (code === 0x22 || code === 0x5c) return `\\${character}`;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
};

/** A command line may have 12,288 octets, a name in it nearly as many: none fills the log. */
const cut = (value: string): string => (value.length <= LONGEST_VALUE ? value : `${value.slice(0, LONGEST_VALUE)}...`);

/** Most lines fall into the millisecond of the one before. */
let stampedAt = Number.NaN;
let stamp = "";
const stampOf = (at: number): string => {
  if (at !== stampedAt) {
    stampedAt = at;
    stamp = new Date(at).toISOString();
  }
  return stamp;
};

const LEVEL_WORDS: Readonly<Record<Level, string>> = { error: "ERROR", warn: "WARN", info: "INFO", debug: "DEBUG" };
const LONGEST_VALUE = 1024;
const BARE = /^[!#-<>-[\]-~]+$/;
const UNSAFE = /[^ !#-[\]-~]/gu;
