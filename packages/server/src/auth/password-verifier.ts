// Whether a password is the claimant's: light schemes at once, heavy ones through the hash queue.

import type { Eventually } from "@postigo/storage";
import type { Claimant } from "./account-directory.js";
import { andThen } from "./eventually.js";
import type { HashQueue } from "./hash-queue.js";
import type { Attempt } from "./login-exchange.js";

export type PasswordVerdict = "right" | "wrong" | "busy";

export interface PasswordVerifier {
  verify(claimant: Claimant, password: Uint8Array, attempt: Attempt): Eventually<PasswordVerdict>;
}

export function createPasswordVerifier(options: { readonly hashing: HashQueue }): PasswordVerifier {
  return {
    verify(claimant, password, attempt) {
      const { secret } = claimant;
      if (secret.cost === "light") return andThen(secret.verify(password), verdict);
      const job = async () => !attempt.cancelled && secret.verify(password);
      const queued = options.hashing.run(attempt.peer.address, job);
      return queued === "full" ? "busy" : queued.then(verdict);
    },
  };
}

function verdict(isRight: boolean): PasswordVerdict {
  return isRight ? "right" : "wrong";
}
