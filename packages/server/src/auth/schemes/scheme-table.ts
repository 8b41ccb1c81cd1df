// Every password scheme by its name, and the reading of `{SCHEME}text` or of a bare crypt(3) hash.

import { DIGESTS } from "./digest.js";
import { PLAIN } from "./plain.js";
import { malformed, type ParsedSecret, type Scheme, type SecretEncoding } from "./scheme.js";

const ALL: readonly Scheme[] = [PLAIN, ...DIGESTS];
const TABLE: ReadonlyMap<string, Scheme> = new Map(
  ALL.flatMap((scheme) => [scheme.name, ...(scheme.aliases ?? [])].map((name) => [name, scheme] as const)),
);

/** Names an operator may write between the braces, aliases left out. */
export const SCHEME_NAMES: readonly string[] = ALL.map((scheme) => scheme.name);

/** Takes a stored secret apart. `text`: `{SCHEME}…`, or without braces a hash that tells its kind by its prefix. */
export function parseStoredSecret(text: string): ParsedSecret {
  if (text === "")
    return malformed("there is no password hash", "write {SCHEME}hash after the name; `postigo hash` makes one");
  const marked = MARKED.exec(text);
  if (marked === null) return parseUnmarked(text);
  const [, name = "", encoding = "", hash = ""] = marked;
  const scheme = TABLE.get(name.toUpperCase());
  if (scheme === undefined) return malformed("the password scheme is not known", `one of ${SCHEME_NAMES.join(", ")}`);
  return scheme.parse(hash, ENCODINGS.get(encoding.toUpperCase()) ?? "either");
}

const MARKED = /^\{([A-Za-z0-9_-]+)(?:\.(HEX|B64|BASE64))?\}(.*)$/is;
const ENCODINGS: ReadonlyMap<string, SecretEncoding> = new Map([
  ["HEX", "hex"],
  ["B64", "base64"],
  ["BASE64", "base64"],
]);

function parseUnmarked(text: string): ParsedSecret {
  const scheme = TABLE.get(PREFIXES.find(([prefix]) => prefix.test(text))?.[1] ?? "");
  if (scheme !== undefined) return scheme.parse(text, "either");
  return malformed(
    "no password scheme is given",
    "write {PLAIN} before a password that stands as it is, or the scheme of the hash",
  );
}

/** Hashes that tell their kind themselves. */
const PREFIXES: readonly (readonly [prefix: RegExp, scheme: string])[] = [
  [/^\$2[abxy]\$/, "BLF-CRYPT"],
  [/^\$argon2/, "ARGON2ID"],
  [/^\$[156y7]\$|^\$gy\$/, "CRYPT"],
];
