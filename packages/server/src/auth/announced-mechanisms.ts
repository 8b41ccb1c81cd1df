// Which mechanisms are announced: only what can work with the accounts there are (ADR 0020).

import type { SaslMechanism } from "../config/config.js";
import type { StoredSecret } from "./stored-secret.js";

/** Strongest first: the order in which CAPA shows them and many clients try them. */
const BY_STRENGTH: readonly SaslMechanism[] = ["SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN", "LOGIN"];

/** Each mechanism of the list, or of all without one, that at least one account can use. */
export function announcedMechanisms(
  listed: readonly SaslMechanism[] | undefined,
  secrets: readonly StoredSecret[],
): readonly SaslMechanism[] {
  const wanted = listed ?? BY_STRENGTH;
  return BY_STRENGTH.filter((mechanism) => wanted.includes(mechanism) && secrets.some(USABLE[mechanism]));
}

/** A mechanism that is announced though some accounts cannot use it. */
export interface MechanismShortfall {
  readonly mechanism: SaslMechanism;
  /** How many accounts it cannot log in. */
  readonly accounts: number;
}

/** What an operator should know: a client that picks the strongest mechanism by itself fails for these accounts. */
export function mechanismShortfalls(
  listed: readonly SaslMechanism[] | undefined,
  secrets: readonly StoredSecret[],
): readonly MechanismShortfall[] {
  return announcedMechanisms(listed, secrets)
    .map((mechanism) => ({ mechanism, accounts: secrets.filter((secret) => !USABLE[mechanism](secret)).length }))
    .filter(({ accounts }) => accounts > 0);
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
