// The authenticator: which dialogue serves which method, over all account sources.

import type { AuthenticationMethod } from "@postigo/protocol";
import type { Clock } from "../clock.js";
import type { SaslMechanism } from "../config/config.js";
import { type AccountDirectory, conclude, createAccountDirectory } from "./account-directory.js";
import type { AccountSource } from "./account-source.js";
import type { AuthenticationAbilities, AuthenticationStep, Authenticator, RejectionReason } from "./authenticator.js";
import { andThen } from "./eventually.js";
import type { HashQueue } from "./hash-queue.js";
import { type Attempt, type Dialogue, LoginExchange } from "./login-exchange.js";
import { createPasswordVerifier, type PasswordVerifier } from "./password-verifier.js";
import type { Throttle } from "./throttle.js";

export interface AuthenticatorOptions {
  /** Asked in order. */
  readonly sources: readonly AccountSource[];
  /** undefined: each mechanism that every account can use; a list: each of these that at least one account can use. */
  readonly mechanisms: readonly SaslMechanism[] | undefined;
  readonly apop: boolean;
  readonly clock: Clock;
  /** Outlives a reload, as does `throttle`: make them once. */
  readonly hashing: HashQueue;
  readonly throttle: Throttle;
}

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const directory = createAccountDirectory(options.sources);
  const verifier = createPasswordVerifier(options);
  const abilities: AuthenticationAbilities = { password: true, apop: false, mechanisms: [] };
  const { throttle, clock } = options;
  return {
    abilities: () => abilities,
    begin(method, peer) {
      const dialogue = (attempt: Attempt) => dialogueFor(method, attempt, { directory, verifier });
      return new LoginExchange({ peer, throttle, clock, dialogue });
    },
  };
}

interface Tools {
  readonly directory: AccountDirectory;
  readonly verifier: PasswordVerifier;
}

function dialogueFor(method: AuthenticationMethod, attempt: Attempt, tools: Tools): Dialogue {
  switch (method.type) {
    case "password":
      return passwordDialogue(method, attempt, tools);
    case "apop":
      return refusal(method.user, "mechanism-not-possible");
    case "sasl":
      return refusal(undefined, "mechanism-not-possible");
  }
}

function passwordDialogue(
  { user, password }: AuthenticationMethod & { type: "password" },
  attempt: Attempt,
  { directory, verifier }: Tools,
): Dialogue {
  return {
    next: () =>
      andThen(directory.claim(user), (claimant) =>
        andThen(verifier.verify(claimant, password.reveal(), attempt), (verdict) =>
          verdict === "busy" ? busy(user) : conclude(claimant, verdict === "right"),
        ),
      ),
  };
}

function refusal(user: string | undefined, why: RejectionReason): Dialogue {
  return { next: () => ({ type: "rejected", user, why }) };
}

function busy(user: string): AuthenticationStep {
  return { type: "unavailable", user, cause: new Error("too many password hashes are waiting") };
}
