// The authenticator: which dialogue serves which method, over all account sources.

import type { AuthenticationMethod } from "@postigo/protocol";
import { andThen } from "@postigo/storage";
import type { Clock } from "../clock.js";
import type { SaslMechanism } from "../config/config.js";
import { type AccountDirectory, busy, conclude, createAccountDirectory } from "./account-directory.js";
import type { AccountSource } from "./account-source.js";
import { announcedMechanisms, apopIsPossible } from "./announced-mechanisms.js";
import { apopDialogue } from "./apop.js";
import { makeApopStamp } from "./apop-stamp.js";
import type { AuthenticationAbilities, Authenticator, Peer, RejectionReason } from "./authenticator.js";
import type { HashQueue } from "./hash-queue.js";
import { type Attempt, type Dialogue, LoginExchange } from "./login-exchange.js";
import type { NameForms } from "./name-reading.js";
import { createPasswordVerifier, type PasswordVerifier } from "./password-verifier.js";
import type { PasswordCheck } from "./sasl/plain.js";
import { type SaslTools, saslDialogue } from "./sasl/sasl-dialogue.js";
import { makeNonce } from "./sasl/scram.js";
import { createScramKeyring, type ScramKeyring } from "./scram-keyring.js";
import { createSuccessCache } from "./success-cache.js";
import type { Throttle } from "./throttle.js";

export interface AuthenticatorOptions {
  /** Asked in order. */
  readonly sources: readonly AccountSource[];
  /** undefined: all; of these, each that at least one account can use. */
  readonly mechanisms: readonly SaslMechanism[] | undefined;
  readonly apop: boolean;
  readonly clock: Clock;
  /** Outlives a reload, as does `throttle`: make them once. */
  readonly hashing: HashQueue;
  readonly throttle: Throttle;
  /**
   * Random, 32 octets, the same for all processes and over reloads: what strangers are answered is made with it, and would
   * give them away by changing where an account's answer stays.
   */
  readonly strangerKey: Uint8Array;
  /** For the challenges of CRAM-MD5. */
  readonly hostname: string;
  /** What may stand around the name of an account; by default nothing. */
  readonly names?: NameForms;
  /** How long a right password is remembered instead of hashed again; default 5 minutes, 0: not at all. */
  readonly successCacheMs?: number;
}

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  return new SourcesAuthenticator(options);
}

class SourcesAuthenticator implements Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #directory: AccountDirectory;
  readonly #verifier: PasswordVerifier;
  readonly #scram: ScramKeyring;
  readonly #abilities: AuthenticationAbilities;

  constructor(options: AuthenticatorOptions) {
    const { sources, mechanisms, clock, hashing, strangerKey, successCacheMs, names } = options;
    this.#options = options;
    this.#directory = createAccountDirectory(sources, strangerKey, names);
    const cache = createSuccessCache(successCacheMs === undefined ? { clock } : { clock, ttlMs: successCacheMs });
    this.#verifier = createPasswordVerifier({ hashing, cache });
    this.#scram = createScramKeyring(hashing, strangerKey);
    const secrets = this.#directory.secrets();
    this.#abilities = {
      password: true,
      apop: options.apop && apopIsPossible(secrets),
      mechanisms: announcedMechanisms(mechanisms, secrets),
    };
  }

  abilities(): AuthenticationAbilities {
    return this.#abilities;
  }

  begin(method: AuthenticationMethod, peer: Peer): LoginExchange {
    const { throttle, clock } = this.#options;
    return new LoginExchange({ peer, throttle, clock, dialogue: (attempt) => this.#dialogue(method, attempt) });
  }

  #dialogue(method: AuthenticationMethod, attempt: Attempt): Dialogue {
    switch (method.type) {
      case "password": {
        const check = this.#passwordCheck(attempt);
        return { next: () => check(method.user, method.password.reveal()) };
      }
      case "apop":
        return this.#apop(method, attempt);
      case "sasl": {
        const mechanism = MECHANISM_NAMES.find((name) => name === method.mechanism);
        if (mechanism === undefined || !this.#abilities.mechanisms.includes(mechanism)) return NOT_POSSIBLE;
        return saslDialogue(mechanism, method.initialResponse, this.#saslTools(attempt));
      }
    }
  }

  #apop({ user, digest }: AuthenticationMethod & { type: "apop" }, attempt: Attempt): Dialogue {
    const stamp = attempt.peer.apopStamp;
    if (stamp === undefined || !this.#abilities.apop) return refusal(user, "mechanism-not-possible");
    return apopDialogue({ user, digest, stamp }, (name) => this.#claim(name, attempt));
  }

  #saslTools(attempt: Attempt): SaslTools {
    const { hostname, clock } = this.#options;
    return {
      attempt,
      check: this.#passwordCheck(attempt),
      claim: (user) => this.#claim(user, attempt),
      scram: this.#scram,
      challengeStamp: () => makeApopStamp(hostname, clock.now()),
      nonce: makeNonce,
    };
  }

  #passwordCheck(attempt: Attempt): PasswordCheck {
    return (user, password) =>
      andThen(this.#claim(user, attempt), (claimant) =>
        andThen(this.#verifier.verify(claimant, password, attempt), (verdict) =>
          verdict === "busy" ? busy(user) : conclude(claimant, verdict === "right"),
        ),
      );
  }

  #claim(user: string, attempt: Attempt) {
    attempt.claims(user);
    return this.#directory.claim(user);
  }
}

const MECHANISM_NAMES: readonly SaslMechanism[] = ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"];
const NOT_POSSIBLE = refusal(undefined, "mechanism-not-possible");

function refusal(user: string | undefined, why: RejectionReason): Dialogue {
  return { next: () => ({ type: "rejected", user, why }) };
}
