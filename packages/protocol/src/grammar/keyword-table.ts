// Keyword → how its argument reads. A command enters the grammar by one row here.

import { latin1Text, octetAt, type Span, upperCase, utf8Text } from "../octets.js";
import {
  type ArgumentReader,
  apopArguments,
  authArguments,
  messageOf,
  nothing,
  one,
  oneOrNothing,
  password,
  topArguments,
} from "./arguments.js";
import type { Verb } from "./command.js";

const READERS: { readonly [V in Verb]: ArgumentReader } = {
  USER: one((span) => ({ verb: "USER", user: utf8Text(span) })),
  PASS: password,
  APOP: one(apopArguments),
  AUTH: oneOrNothing(authArguments, { verb: "AUTH", mechanism: undefined, initialResponse: undefined }),
  CAPA: nothing({ verb: "CAPA" }),
  STLS: nothing({ verb: "STLS" }),
  UTF8: nothing({ verb: "UTF8" }),
  LANG: oneOrNothing((span) => ({ verb: "LANG", language: latin1Text(span) }), { verb: "LANG", language: undefined }),
  STAT: nothing({ verb: "STAT" }),
  LIST: oneOrNothing(messageOf("LIST"), { verb: "LIST", message: undefined }),
  UIDL: oneOrNothing(messageOf("UIDL"), { verb: "UIDL", message: undefined }),
  RETR: one(messageOf("RETR")),
  TOP: one(topArguments),
  DELE: one(messageOf("DELE")),
  NOOP: nothing({ verb: "NOOP" }),
  RSET: nothing({ verb: "RSET" }),
  QUIT: nothing({ verb: "QUIT" }),
};

/** How to read what follows the keyword in `octets` from `start` to `end`; undefined when no command has that name. */
export function readerOf({ octets, start, end }: Span): ArgumentReader | undefined {
  const length = end - start;
  if (length < SHORTEST || length > LONGEST) return undefined;
  let packed = 0;
  for (let at = start; at < end; at++) packed = (packed << 8) | upperCase(octetAt(octets, at));
  return BY_KEYWORD.get(packed);
}

const SHORTEST = 3;
const LONGEST = 4;

/** Four letters fill a 32-bit number, so that a keyword is found without making a string of it. */
const BY_KEYWORD: ReadonlyMap<number, ArgumentReader> = new Map(
  Object.entries(READERS).map(([keyword, reader]) => [packedKeyword(keyword), reader]),
);

function packedKeyword(keyword: string): number {
  let packed = 0;
  for (let at = 0; at < keyword.length; at++) packed = (packed << 8) | keyword.charCodeAt(at);
  return packed;
}
