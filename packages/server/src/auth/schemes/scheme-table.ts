// Every password scheme by its name, and the reading of `{SCHEME}text` or of a bare crypt(3) hash.

import { ARGON2ID } from "./argon2.js";
import { BLF_CRYPT } from "./bcrypt.js";
import { CRAM_MD5 } from "./cram-md5.js";
import { CRYPT, DES_CRYPT, MD5_CRYPT, SHA256_CRYPT, SHA512_CRYPT } from "./crypt/crypt.js";
import { DIGESTS } from "./digest.js";
import { PBKDF2 } from "./pbkdf2.js";
import { PLAIN } from "./plain.js";
import { malformed, type ParsedSecret, type Scheme, type SecretEncoding } from "./scheme.js";
import { SCRAM_SHA_1, SCRAM_SHA_256 } from "./scram.js";

const ALL: readonly Scheme[] = [
  PLAIN,
  SHA512_CRYPT,
  SHA256_CRYPT,
  MD5_CRYPT,
  DES_CRYPT,
  CRYPT,
  BLF_CRYPT,
  ARGON2ID,
  PBKDF2,
  SCRAM_SHA_256,
  SCRAM_SHA_1,
  CRAM_MD5,
  ...DIGESTS,
];
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
  [/^\$pbkdf2/, "PBKDF2"],
  [/^\$(?:[1567y]|gy|2[aby]|argon2[a-z]*)\$/, "CRYPT"],
];
