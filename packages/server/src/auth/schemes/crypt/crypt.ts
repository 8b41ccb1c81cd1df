// The crypt(3) kinds: CRYPT by the prefix of the hash, and the names that stand for one kind.
//
//   $6$ SHA512-CRYPT   $5$ SHA256-CRYPT   $1$ MD5-CRYPT   $y$ yescrypt   $gy$ gost-yescrypt   $7$ scrypt   13 characters DES-CRYPT
//   $2a$ $2b$ $2y$ and $argon2 have schemes of their own, to which CRYPT hands them on.
//
// The last five need the host's libcrypt; without it a login to such an account is "misconfigured", and said so at the start.

import { Secret } from "@postigo/protocol";
import { octetsAreEqual } from "../../octets.js";
import { SchemeUnsupportedError } from "../../stored-secret.js";
import { ARGON2ID } from "../argon2.js";
import { BLF_CRYPT } from "../bcrypt.js";
import { malformed, type ParsedSecret, type Scheme } from "../scheme.js";
import { canBeCrypted, cryptEngine } from "./crypt-engine.js";

const SHA512 = /^\$6\$(?:rounds=\d{1,9}\$)?[^$:\s]*\$[./0-9A-Za-z]{86}$/;
const SHA256 = /^\$5\$(?:rounds=\d{1,9}\$)?[^$:\s]*\$[./0-9A-Za-z]{43}$/;
const MD5 = /^\$1\$[^$:\s]*\$[./0-9A-Za-z]{22}$/;
const YESCRYPT = /^\$(?:y|gy|7)\$[./0-9A-Za-z$]{8,300}$/;
const DES = /^[./0-9A-Za-z]{13}$/;

export const SHA512_CRYPT = kind("SHA512-CRYPT", SHA512);
export const SHA256_CRYPT = kind("SHA256-CRYPT", SHA256);
export const MD5_CRYPT = kind("MD5-CRYPT", MD5);
export const DES_CRYPT = kind("DES-CRYPT", DES);
const ANY_YESCRYPT = kind("CRYPT", YESCRYPT);

export const CRYPT: Scheme = {
  name: "CRYPT",
  parse(text, encoding) {
    const scheme = KINDS.find(([prefix]) => text.startsWith(prefix))?.[1];
    return scheme?.parse(text, encoding) ?? malformed("not a crypt(3) hash of a known kind", REMEDY);
  },
};

/** The schemes that cannot be computed without the host's libcrypt. */
export const LIBCRYPT_SCHEMES: readonly string[] = ["MD5-CRYPT", "DES-CRYPT", "CRYPT"];

const KINDS: readonly (readonly [prefix: string, scheme: Scheme])[] = [
  ["$6$", SHA512_CRYPT],
  ["$5$", SHA256_CRYPT],
  ["$1$", MD5_CRYPT],
  ["$argon2", ARGON2ID],
  ["$2", BLF_CRYPT],
  ["$", ANY_YESCRYPT],
  ["", DES_CRYPT],
];

const REMEDY = "copy the hash whole, or make one with `postigo hash`";

function kind(name: string, form: RegExp): Scheme {
  return {
    name,
    parse: (text) => (form.test(text) ? parsed(name, text) : malformed(`not a {${name}} hash`, REMEDY)),
  };
}

function parsed(scheme: string, hash: string): ParsedSecret {
  const stored = new Secret(Buffer.from(hash));
  const verify = async (password: Uint8Array) => canBeCrypted(password) && isHashOf(password, hash, scheme);
  return { type: "secret", secret: { scheme, cost: "heavy", verify, stored } };
}

async function isHashOf(password: Uint8Array, hash: string, scheme: string): Promise<boolean> {
  const engine = await cryptEngine();
  const made = await engine.crypt(password, hash);
  if (made === undefined) throw new SchemeUnsupportedError(scheme);
  return octetsAreEqual(Buffer.from(lastField(made)), Buffer.from(lastField(hash)));
}

/** The hash alone: engines differ in whether they write `rounds=5000` out. */
function lastField(hash: string): string {
  return hash.slice(hash.lastIndexOf("$") + 1);
}
