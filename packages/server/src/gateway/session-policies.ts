// Which logins a connection may use, made of the configuration, the accounts and the listener; few, shared by all sessions.

import { DEFAULT_SESSION_LIMITS, type LoginOffer, type SessionPolicy } from "@postigo/protocol";
import type { AuthenticationAbilities } from "../auth/authenticator.js";
import type { AuthConfig } from "../config/config.js";

export interface PolicyQuestion {
  /** The listener can upgrade to TLS. */
  readonly stls: boolean;
  readonly peerIsLoopback: boolean;
}

export type SessionPolicies = (question: PolicyQuestion) => SessionPolicy;

/** `expireMs`: age at which messages are removed; undefined: never by us. */
export function createSessionPolicies(
  auth: AuthConfig,
  abilities: AuthenticationAbilities,
  expireMs?: number,
): SessionPolicies {
  const everything: LoginOffer = { userPass: abilities.password, mechanisms: abilities.mechanisms };
  const guarded: LoginOffer = {
    userPass: false,
    mechanisms: abilities.mechanisms.filter((mechanism) => !PLAIN_TEXT.has(mechanism)),
  };
  const make = (stls: boolean, plainText: boolean): SessionPolicy =>
    Object.freeze({
      stls: stls ? "available" : "absent",
      clear: plainText ? everything : guarded,
      encrypted: everything,
      implementation: "Postigo",
      // Others may remove mail too: that none expires is not for us to promise.
      expire: expireMs === undefined ? undefined : Math.floor(expireMs / DAY_MS),
      limits: DEFAULT_SESSION_LIMITS,
    });
  const table = [make(false, false), make(false, true), make(true, false), make(true, true)] as const;
  return ({ stls, peerIsLoopback }) => {
    const plainText = auth.plaintext === "always" || (auth.plaintext === "loopback" && peerIsLoopback);
    return stls ? table[plainText ? 3 : 2] : table[plainText ? 1 : 0];
  };
}

const DAY_MS = 86_400_000;

/** Mechanisms that show the password to whoever listens on the line. */
const PLAIN_TEXT: ReadonlySet<string> = new Set(["PLAIN", "LOGIN"]);
