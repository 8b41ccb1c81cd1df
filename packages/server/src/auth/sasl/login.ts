// SASL LOGIN: never a standard, asked for by many. Two challenges, two answers; an initial response is the user name.

import type { AuthenticationStep } from "../authenticator.js";
import type { Dialogue } from "../login-exchange.js";
import { decodeUtf8 } from "../octets.js";
import { MALFORMED, type PasswordCheck } from "./plain.js";

export function loginDialogue(check: PasswordCheck): Dialogue {
  let user: string | undefined;
  return {
    next(message) {
      if (message === undefined) return USER_NAME;
      if (message.length === 0 || message.includes(0)) return MALFORMED;
      if (user !== undefined) return check(user, message);
      user = decodeUtf8(message);
      return user === undefined ? MALFORMED : PASSWORD;
    },
  };
}

const USER_NAME = challenge("Username:");
const PASSWORD = challenge("Password:");

function challenge(text: string): AuthenticationStep {
  return { type: "challenge", octets: Buffer.from(text) };
}
