// An authenticator out of one function, for programs that embed the gateway. It sees passwords, so what hashes them
// (SCRAM, CRAM-MD5, APOP) cannot work.

import type { AuthenticationMethod } from "@postigo/protocol";
import type { Clock } from "../clock.js";
import { nameTrouble } from "./account-name.js";
import type { Account, AuthenticationAbilities, AuthenticationStep, Authenticator, Peer } from "./authenticator.js";
import { type Attempt, type Dialogue, LoginExchange, openWith } from "./login-exchange.js";
import { decodeUtf8 } from "./octets.js";
import { loginDialogue } from "./sasl/login.js";
import { type PasswordCheck, plainDialogue } from "./sasl/plain.js";
import type { Throttle } from "./throttle.js";

/**
 * true, or an account, for the right password; false or undefined for anything else. What it throws is a fault of the
 * source: the client hears `[SYS/TEMP]`. It is the function's own to make unknown users cost what others cost.
 */
export type VerifyPassword = (user: string, password: string, peer: Peer) => Promise<Account | boolean | undefined>;

export interface ProgrammaticAuthenticatorOptions {
  readonly verify: VerifyPassword;
  readonly clock: Clock;
  readonly throttle: Throttle;
}

export function createProgrammaticAuthenticator(options: ProgrammaticAuthenticatorOptions): Authenticator {
  const { verify, clock, throttle } = options;
  return {
    abilities: () => ABILITIES,
    begin: (method, peer) =>
      new LoginExchange({
        peer,
        clock,
        throttle,
        dialogue: (attempt) => dialogueFor(method, checkWith(verify, attempt)),
      }),
  };
}

const ABILITIES: AuthenticationAbilities = { password: true, apop: false, mechanisms: ["PLAIN", "LOGIN"] };

function dialogueFor(method: AuthenticationMethod, check: PasswordCheck): Dialogue {
  if (method.type === "password") return { next: () => check(method.user, method.password.reveal()) };
  if (method.type === "sasl" && method.mechanism === "PLAIN")
    return openWith(method.initialResponse, plainDialogue(check));
  if (method.type === "sasl" && method.mechanism === "LOGIN")
    return openWith(method.initialResponse, loginDialogue(check));
  return { next: () => ({ type: "rejected", user: undefined, why: "mechanism-not-possible" }) };
}

function checkWith(verify: VerifyPassword, attempt: Attempt): PasswordCheck {
  return async (user, octets) => {
    attempt.claims(user);
    const password = decodeUtf8(octets);
    if (password === undefined) return { type: "rejected", user, why: "malformed-response" };
    if (nameTrouble(user) !== undefined) return { type: "rejected", user, why: "forbidden-name" };
    return stepOf(user, await verify(user, password, attempt.peer));
  };
}

function stepOf(user: string, answer: Account | boolean | undefined): AuthenticationStep {
  if (answer === false || answer === undefined) return { type: "rejected", user, why: "wrong-credentials" };
  const account = answer === true ? { name: user, maildir: undefined } : answer;
  if (nameTrouble(account.name) !== undefined) return { type: "rejected", user, why: "forbidden-name" };
  return { type: "accepted", account: { name: account.name, maildir: account.maildir } };
}
