// The LDAP kinds (RFC 2307 §5.3 and what grew from it): base64 or hex of digest(password [salt]) followed by the salt.
// They are quick, so they are computed where they stand.

import { createHash } from "node:crypto";
import { Secret } from "@postigo/protocol";
import { decodeBase64, decodeHex, octetsAreEqual } from "../octets.js";
import { malformed, type ParsedSecret, type Scheme, type SecretEncoding } from "./scheme.js";

export const DIGESTS: readonly Scheme[] = [
  digest("SHA", "sha1", ["SHA1"]),
  digest("SHA256", "sha256"),
  digest("SHA512", "sha512"),
  digest("SSHA", "sha1", ["SSHA1"]),
  digest("SSHA256", "sha256"),
  digest("SSHA512", "sha512"),
];

const SIZES = { sha1: 20, sha256: 32, sha512: 64 } as const;
type Algorithm = keyof typeof SIZES;

function digest(name: string, algorithm: Algorithm, aliases: readonly string[] = []): Scheme {
  const salted = name.startsWith("SSHA");
  return {
    name,
    aliases,
    parse: (text, encoding) => parse({ name, algorithm, salted }, text, encoding),
  };
}

interface Kind {
  readonly name: string;
  readonly algorithm: Algorithm;
  readonly salted: boolean;
}

function parse(kind: Kind, text: string, encoding: SecretEncoding): ParsedSecret {
  const size = SIZES[kind.algorithm];
  const octets = decode(text, encoding, size);
  const fits = octets !== undefined && (kind.salted ? octets.length > size : octets.length === size);
  if (!fits)
    return malformed(`not a {${kind.name}} hash`, `write {${kind.name}} and the base64 of ${form(kind, size)}`);
  const known = octets.subarray(0, size);
  const salt = octets.subarray(size);
  const verify = (password: Uint8Array) =>
    octetsAreEqual(createHash(kind.algorithm).update(password).update(salt).digest(), known);
  const stored = new Secret(octets);
  return { type: "secret", secret: { scheme: kind.name, cost: "light", verify, stored } };
}

/** Unmarked hex is told from base64 by its length: no base64 of a digest is twice its size. */
function decode(text: string, encoding: SecretEncoding, size: number): Uint8Array | undefined {
  if (encoding === "hex" || (encoding === "either" && text.length === 2 * size)) return decodeHex(text);
  return decodeBase64(text);
}

function form(kind: Kind, size: number): string {
  return kind.salted ? `its ${size} octets and a salt` : `its ${size} octets`;
}
