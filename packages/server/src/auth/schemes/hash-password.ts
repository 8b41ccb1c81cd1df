// Makes what stands behind the name in a users file: `{SCHEME}hash`.

import { createHash, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { prepare } from "../saslprep.js";
import { DEFAULT_ITERATIONS, deriveScramKeys } from "../scram-keys.js";
import { SchemeUnsupportedError, type ScramMechanism } from "../stored-secret.js";
import { cryptEngine, MOST_PASSWORD_OCTETS } from "./crypt/crypt-engine.js";
import { parseStoredSecret } from "./scheme-table.js";

/** The schemes a hash can be made in, the recommended one first. */
export const HASHABLE_SCHEMES = [
  "ARGON2ID",
  "SHA512-CRYPT",
  "SHA256-CRYPT",
  "BLF-CRYPT",
  "PBKDF2",
  "SSHA512",
  "SCRAM-SHA-256",
  "SCRAM-SHA-1",
  "PLAIN",
] as const;

export type HashableScheme = (typeof HASHABLE_SCHEMES)[number];

/** A password that no account can have. Its text says why, and never repeats it. */
export class PasswordNotUsableError extends Error {
  constructor(what: string) {
    super(what);
    this.name = "PasswordNotUsableError";
  }
}

/**
 * `{SCHEME}hash` of `password` with a fresh salt; takes up to half a second.
 * Throws `PasswordNotUsableError`, or `SchemeUnsupportedError` if this host cannot compute the scheme.
 */
export async function hashPassword(password: Uint8Array, scheme: HashableScheme): Promise<string> {
  if (password.length === 0) throw new PasswordNotUsableError("the password is empty");
  if (password.length > MOST_PASSWORD_OCTETS) {
    throw new PasswordNotUsableError(`the password is longer than ${MOST_PASSWORD_OCTETS} octets`);
  }
  if (password.some((octet) => octet === 0 || octet === 0x0a || octet === 0x0d)) {
    throw new PasswordNotUsableError("the password holds a NUL or a line end, which no client can send");
  }
  return `{${scheme}}${await MAKERS[scheme](password)}`;
}

const MAKERS: { readonly [S in HashableScheme]: (password: Uint8Array) => Promise<string> } = {
  ARGON2ID: async (password) => (await import("@node-rs/argon2")).hash(password),
  "SHA512-CRYPT": (password) => makeCrypt(password, "SHA512-CRYPT", "$6$"),
  "SHA256-CRYPT": (password) => makeCrypt(password, "SHA256-CRYPT", "$5$"),
  "BLF-CRYPT": async (password) => (await import("@node-rs/bcrypt")).hash(password, { cost: 11, version: "2y" }),
  PBKDF2: makePbkdf2,
  SSHA512: makeSsha512,
  "SCRAM-SHA-256": (password) => makeScram(password, "SCRAM-SHA-256"),
  "SCRAM-SHA-1": (password) => makeScram(password, "SCRAM-SHA-1"),
  PLAIN: makePlain,
};

async function makeCrypt(password: Uint8Array, scheme: string, prefix: string): Promise<string> {
  const engine = await cryptEngine();
  // 12 octets are 16 characters of base64, which is all the salt these kinds look at.
  const salt = randomBytes(12).toString("base64").replaceAll("+", ".");
  const hash = await engine.crypt(password, `${prefix}${salt}$`);
  if (hash === undefined) throw new SchemeUnsupportedError(scheme);
  return hash;
}

/** OWASP's advice of 2023 for PBKDF2 with SHA-512; a login pays for it once in five minutes. */
const PBKDF2_ROUNDS = 210_000;

async function makePbkdf2(password: Uint8Array): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, PBKDF2_ROUNDS, 64, "sha512");
  return `$pbkdf2-sha512$${PBKDF2_ROUNDS}$${modularBase64(salt)}$${modularBase64(hash)}`;
}

const derive = promisify(pbkdf2);

function modularBase64(octets: Buffer): string {
  return octets.toString("base64").replaceAll("+", ".").replaceAll("=", "");
}

async function makeSsha512(password: Uint8Array): Promise<string> {
  const salt = randomBytes(16);
  const digest = createHash("sha512").update(password).update(salt).digest();
  return Buffer.concat([digest, salt]).toString("base64");
}

async function makeScram(password: Uint8Array, mechanism: ScramMechanism): Promise<string> {
  const parameters = { mechanism, iterations: DEFAULT_ITERATIONS, salt: randomBytes(16) };
  const keys = await deriveScramKeys(prepare(password), parameters);
  const parts = [keys.salt, keys.storedKey, keys.serverKey].map((part) =>
    Buffer.from(part.reveal()).toString("base64"),
  );
  return `${keys.iterations},${parts.join(",")}`;
}

/** Only if the users file gives it back as it is. */
async function makePlain(password: Uint8Array): Promise<string> {
  const text = Buffer.from(password).toString("utf8");
  const parsed = parseStoredSecret(`{PLAIN}${text}`);
  const survives = parsed.type === "secret" && (await parsed.secret.verify(password));
  if (!survives || text.includes(":")) {
    throw new PasswordNotUsableError("a password with a colon, or not in UTF-8, cannot stand in the file as it is");
  }
  return text;
}
