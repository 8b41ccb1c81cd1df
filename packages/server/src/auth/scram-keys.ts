// The keys of RFC 5802 §3, derived from a password or kept in their place.
//
//   SaltedPassword = Hi(SASLprep(password), salt, i)       Hi is PBKDF2 with HMAC, of one block
//   ClientKey = HMAC(SaltedPassword, "Client Key")         StoredKey = H(ClientKey)
//   ServerKey = HMAC(SaltedPassword, "Server Key")

import { createHash, createHmac, pbkdf2 } from "node:crypto";
import { promisify } from "node:util";
import { Secret } from "@postigo/protocol";
import type { ScramKeys, ScramMechanism } from "./stored-secret.js";

/** Name of the hash to node:crypto, and octets of what it gives. */
export const SCRAM_HASHES = {
  "SCRAM-SHA-1": { hash: "sha1", octets: 20 },
  "SCRAM-SHA-256": { hash: "sha256", octets: 32 },
} as const satisfies { [M in ScramMechanism]: { hash: string; octets: number } };

/** RFC 7677 §4: at least 4,096. More would be paid by every login of an account that is kept in plain text. */
export const DEFAULT_ITERATIONS = 4096;

export interface ScramParameters {
  readonly mechanism: ScramMechanism;
  readonly iterations: number;
  readonly salt: Uint8Array;
}

/** Takes milliseconds, on a thread of the pool. `password`: prepared already. */
export async function deriveScramKeys(password: Uint8Array, parameters: ScramParameters): Promise<ScramKeys> {
  const { mechanism, iterations, salt } = parameters;
  const { hash, octets } = SCRAM_HASHES[mechanism];
  const salted = await derive(password, salt, iterations, octets, hash);
  const clientKey = createHmac(hash, salted).update("Client Key").digest();
  return {
    mechanism,
    iterations,
    salt: new Secret(salt),
    storedKey: new Secret(createHash(hash).update(clientKey).digest()),
    serverKey: new Secret(createHmac(hash, salted).update("Server Key").digest()),
  };
}

const derive = promisify(pbkdf2);
