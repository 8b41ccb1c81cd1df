// Whether a password is the claimant's: light schemes at once, heavy ones from the success cache or through the hash queue.

import { andThen, type Eventually } from "@postigo/storage";
import type { Claimant } from "./account-directory.js";
import type { HashQueue } from "./hash-queue.js";
import type { Attempt } from "./login-exchange.js";
import { prepare } from "./saslprep.js";
import { SchemeUnsupportedError, type StoredSecret } from "./stored-secret.js";
import type { SuccessCache } from "./success-cache.js";

export type PasswordVerdict = "right" | "wrong" | "busy";

export interface PasswordVerifier {
  /** Rejects with `SchemeUnsupportedError` when this host cannot tell. */
  verify(claimant: Claimant, password: Uint8Array, attempt: Attempt): Eventually<PasswordVerdict>;
}

export interface PasswordVerifierOptions {
  readonly hashing: HashQueue;
  readonly cache: SuccessCache;
}

export function createPasswordVerifier({ hashing, cache }: PasswordVerifierOptions): PasswordVerifier {
  return {
    verify(claimant, password, attempt) {
      // HMAC takes a key with NULs behind it for the same key: nothing that is keyed by a password can tell them apart.
      if (password.includes(0)) return "wrong";
      const { secret, user, account } = claimant;
      if (secret.cost === "light") return andThen(fits(secret, password), verdict);
      const key = cache.key(user, password, secret);
      if (cache.has(key)) return "right";
      const queued = hashing.run(attempt.peer.address, async () => !attempt.cancelled && heavyFits(secret, password));
      if (queued === "full") return "busy";
      return queued.then((isRight) => {
        if (isRight && account !== undefined) cache.add(key);
        return verdict(isRight);
      });
    },
  };
}

/** As it stands first: it may have been hashed unprepared (RFC 4616 §2 asks for SASLprep, crypt(3) knows nothing of it). */
function fits(secret: StoredSecret, password: Uint8Array): Eventually<boolean> {
  return andThen(secret.verify(password), (isRight) => {
    if (isRight) return true;
    const prepared = prepare(password);
    return prepared !== password && secret.verify(prepared);
  });
}

async function heavyFits(secret: StoredSecret, password: Uint8Array): Promise<boolean> {
  try {
    return await fits(secret, password);
  } catch (fault) {
    if (fault instanceof SchemeUnsupportedError) throw fault;
    // Whatever a library says of its arguments may hold one of them: it is not passed on.
    throw new Error(`a ${secret.scheme} hash could not be computed`);
  }
}

function verdict(isRight: boolean): PasswordVerdict {
  return isRight ? "right" : "wrong";
}
