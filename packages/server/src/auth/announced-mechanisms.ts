// Which mechanisms are announced: only what can work with the accounts there are (ADR 0020).

import type { SaslMechanism } from "../config/config.js";
import type { StoredSecret } from "./stored-secret.js";

/** Strongest first: the order in which CAPA shows them and many clients try them. */
const BY_STRENGTH: readonly SaslMechanism[] = ["SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN", "LOGIN"];

/**
 * Without a list: each mechanism that every account can use, for a client that picks the strongest must not be locked out
 * because its own account is kept in another form. With one: each of it that at least one account can use.
 */
export function announcedMechanisms(
  listed: readonly SaslMechanism[] | undefined,
  secrets: readonly StoredSecret[],
): readonly SaslMechanism[] {
  if (listed === undefined) return BY_STRENGTH.filter((mechanism) => secrets.every(USABLE[mechanism]));
  return BY_STRENGTH.filter((mechanism) => listed.includes(mechanism) && secrets.some(USABLE[mechanism]));
}

/** APOP hashes the password itself (RFC 1939 §7). */
export function apopIsPossible(secrets: readonly StoredSecret[]): boolean {
  return secrets.some(isPlain);
}

const USABLE: { readonly [M in SaslMechanism]: (secret: StoredSecret) => boolean } = {
  "SCRAM-SHA-256": (secret) => isPlain(secret) || secret.scram?.mechanism === "SCRAM-SHA-256",
  "SCRAM-SHA-1": (secret) => isPlain(secret) || secret.scram?.mechanism === "SCRAM-SHA-1",
  "CRAM-MD5": (secret) => isPlain(secret) || secret.hmacMd5 !== undefined,
  PLAIN: () => true,
  LOGIN: () => true,
};

function isPlain(secret: StoredSecret): boolean {
  return secret.plain !== undefined;
}
