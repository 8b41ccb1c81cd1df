// PBKDF2 (RFC 8018 §5.2) as others write it:
//
//   $1$salt$rounds$hex                   Dovecot: SHA-1, 20 octets; the salt is used as the text it is
//   $pbkdf2$rounds$salt$hash             the modular form of passlib: SHA-1,
//   $pbkdf2-sha256$rounds$salt$hash      SHA-256 or SHA-512; salt and hash in base64 without padding, with "." for "+"

import { pbkdf2 } from "node:crypto";
import { promisify } from "node:util";
import { Secret } from "@postigo/protocol";
import { decodeBase64, decodeHex, octetsAreEqual } from "../octets.js";
import { malformed, type Scheme } from "./scheme.js";

export const PBKDF2: Scheme = {
  name: "PBKDF2",
  parse(text) {
    const form = parseDovecot(text) ?? parseModular(text);
    if (form === undefined)
      return malformed("not a {PBKDF2} hash", "it is $1$salt$rounds$hex, or $pbkdf2-sha256$rounds$salt$hash");
    const stored = new Secret(Buffer.from(text));
    const verify = async (password: Uint8Array) => {
      const { salt, rounds, hash, digest } = form;
      return octetsAreEqual(await derive(password, salt, rounds, hash.length, digest), hash);
    };
    return { type: "secret", secret: { scheme: "PBKDF2", cost: "heavy", verify, stored } };
  },
};

interface Form {
  readonly digest: string;
  readonly rounds: number;
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

const derive = promisify(pbkdf2);
const MOST_ROUNDS = 2 ** 31 - 1;

function parseDovecot(text: string): Form | undefined {
  const [, salt = "", rounds = "", hex = ""] = /^\$1\$([^$]+)\$(\d{1,10})\$([0-9A-Fa-f]{40})$/.exec(text) ?? [];
  return formOf("sha1", rounds, Buffer.from(salt), decodeHex(hex));
}

function parseModular(text: string): Form | undefined {
  const match = /^\$pbkdf2(?:-(sha1|sha256|sha512))?\$(\d{1,10})\$([A-Za-z0-9./]*)\$([A-Za-z0-9./]+)$/.exec(text);
  const [, digest = "sha1", rounds = "", salt = "", hash = ""] = match ?? [];
  return formOf(digest, rounds, decodeBase64(salt.replaceAll(".", "+")), decodeBase64(hash.replaceAll(".", "+")));
}

function formOf(
  digest: string,
  rounds: string,
  salt: Uint8Array | undefined,
  hash: Uint8Array | undefined,
): Form | undefined {
  const count = /^\d+$/.test(rounds) ? Number(rounds) : 0;
  if (count < 1 || count > MOST_ROUNDS || salt === undefined || hash === undefined || hash.length < 16)
    return undefined;
  return { digest, rounds: count, salt, hash };
}
