// SASL PLAIN (RFC 4616).
//
//   message = [authzid] NUL authcid NUL passwd      authcid and passwd of one octet or more, none of them with a NUL

import type { Eventually } from "@postigo/storage";
import type { AuthenticationStep } from "../authenticator.js";
import type { Dialogue } from "../login-exchange.js";
import { decodeUtf8 } from "../octets.js";

/** Whether this is the user's password, and how the login ends. */
export type PasswordCheck = (user: string, password: Uint8Array) => Eventually<AuthenticationStep>;

export function plainDialogue(check: PasswordCheck): Dialogue {
  return {
    next(message) {
      if (message === undefined) return EMPTY_CHALLENGE;
      const parts = parsePlain(message);
      if (parts === undefined) return MALFORMED;
      const { authzid, authcid, password } = parts;
      // Nobody may act for another (RFC 4616 §2): what is authorised is who is authenticated.
      if (authzid !== "" && authzid !== authcid) return { type: "rejected", user: authcid, why: "wrong-credentials" };
      return check(authcid, password);
    },
  };
}

/** What opens a mechanism in which the client speaks first (RFC 5034 §4). */
export const EMPTY_CHALLENGE: AuthenticationStep = { type: "challenge", octets: new Uint8Array() };
export const MALFORMED: AuthenticationStep = { type: "rejected", user: undefined, why: "malformed-response" };

function parsePlain(message: Uint8Array) {
  const first = message.indexOf(0);
  const second = message.indexOf(0, first + 1);
  if (first < 0 || second < 0 || message.includes(0, second + 1)) return undefined;
  const authzid = decodeUtf8(message.subarray(0, first));
  const authcid = decodeUtf8(message.subarray(first + 1, second));
  const password = message.subarray(second + 1);
  if (authzid === undefined || !authcid || password.length === 0) return undefined;
  return { authzid, authcid, password };
}
