// Where SCRAM takes its keys from: stored ones as they are, others derived from a password in plain text, through the hash
// queue. Keys that have proven somebody right are kept for as long as the accounts are; a wrong proof costs a derivation
// each time, for an account and for a stranger alike.

import { createHmac } from "node:crypto";
import type { Eventually } from "@postigo/storage";
import type { Claimant } from "./account-directory.js";
import type { HashQueue } from "./hash-queue.js";
import type { Attempt } from "./login-exchange.js";
import { prepare } from "./saslprep.js";
import { DEFAULT_ITERATIONS, deriveScramKeys, type ScramParameters } from "./scram-keys.js";
import type { ScramKeys, ScramMechanism, StoredSecret } from "./stored-secret.js";

export interface ScramKeyring {
  /** Salt and iterations for the server-first message. */
  parameters(mechanism: ScramMechanism, claimant: Claimant): ScramParameters;
  /** The keys of the claimant for which `isProof` holds; undefined if there are none. */
  keysThat(question: ScramQuestion): Eventually<ScramKeys | undefined | "busy">;
}

export interface ScramQuestion {
  readonly claimant: Claimant;
  readonly mechanism: ScramMechanism;
  readonly isProof: (keys: ScramKeys) => boolean;
  readonly attempt: Attempt;
}

/** `strangerKey`: what the salts of strangers are made with. */
export function createScramKeyring(hashing: HashQueue, strangerKey: Uint8Array): ScramKeyring {
  return new Keyring(hashing, strangerKey);
}

class Keyring implements ScramKeyring {
  readonly #hashing: HashQueue;
  readonly #saltKey: Uint8Array;
  readonly #proven = new WeakMap<StoredSecret, Map<ScramMechanism, ScramKeys>>();

  constructor(hashing: HashQueue, strangerKey: Uint8Array) {
    this.#hashing = hashing;
    this.#saltKey = strangerKey;
  }

  parameters(mechanism: ScramMechanism, { user, account, secret }: Claimant): ScramParameters {
    const stored = storedKeys(secret, mechanism);
    const iterations = stored?.iterations ?? DEFAULT_ITERATIONS;
    // A stranger never gets the salt of his stand-in: two names with one salt would give him away.
    if (stored !== undefined && account !== undefined) return { mechanism, iterations, salt: stored.salt.reveal() };
    return { mechanism, iterations, salt: this.#madeUpSalt(mechanism, user, stored?.salt.reveal().length) };
  }

  keysThat(question: ScramQuestion): Eventually<ScramKeys | undefined | "busy"> {
    const { claimant, mechanism, isProof } = question;
    const stored = storedKeys(claimant.secret, mechanism);
    if (stored !== undefined) return isProof(stored) ? stored : undefined;
    const proven = this.#proven.get(claimant.secret)?.get(mechanism);
    if (claimant.account !== undefined && proven !== undefined && isProof(proven)) return proven;
    const password = claimant.secret.plain?.reveal();
    if (password === undefined) return undefined;
    const { attempt } = question;
    const queued = this.#hashing.run(attempt.peer.address, async () =>
      attempt.cancelled ? undefined : this.#derive(password, question),
    );
    return queued === "full" ? "busy" : queued;
  }

  /** From the prepared password, which RFC 5802 §2.2 asks for; then as it stands, for clients that do not prepare. */
  async #derive(password: Uint8Array, { claimant, mechanism, isProof }: ScramQuestion): Promise<ScramKeys | undefined> {
    const parameters = this.parameters(mechanism, claimant);
    for (const form of new Set([prepare(password), password])) {
      const keys = await deriveScramKeys(form, parameters);
      if (!isProof(keys)) continue;
      if (claimant.account !== undefined) this.#remember(claimant.secret, keys);
      return keys;
    }
    return undefined;
  }

  #remember(secret: StoredSecret, keys: ScramKeys): void {
    const kept = this.#proven.get(secret) ?? new Map<ScramMechanism, ScramKeys>();
    this.#proven.set(secret, kept.set(keys.mechanism, keys));
  }

  #madeUpSalt(mechanism: ScramMechanism, user: string, octets = SALT_OCTETS): Uint8Array {
    const salt = createHmac("sha512", this.#saltKey).update(mechanism).update(" ").update(user).digest();
    return salt.subarray(0, octets);
  }
}

const SALT_OCTETS = 16;

function storedKeys({ scram }: StoredSecret, mechanism: ScramMechanism): ScramKeys | undefined {
  return scram?.mechanism === mechanism ? scram : undefined;
}
