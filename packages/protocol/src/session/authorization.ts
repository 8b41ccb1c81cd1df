// AUTHORIZATION (RFC 1939 §4): who is it? Every command that is legal here stands in the table.

import { bodyOf, err, ok, type Reply, withBody } from "../reply/reply.js";
import { capabilityList } from "./capabilities.js";
import { changeLanguage } from "./languages.js";
import { type Circumstances, type Handlers, handlerTable, type Outcome } from "./outcome.js";
import { type Authorization, NOBODY } from "./session-state.js";

const HANDLERS = {
  // D24: the answer does not depend on the name.
  USER: (_state, { user }, circumstances) => {
    if (!circumstances.offer.userPass) return { type: "reply", reply: refusal(circumstances) };
    if (user === undefined) return FAILED_LOGIN;
    return { type: "reply", reply: SEND_PASSWORD, next: { ...NOBODY, claimedUser: user } };
  },

  PASS: ({ claimedUser }, { password, wellFormed }, circumstances) => {
    if (!circumstances.offer.userPass) return { type: "reply", reply: refusal(circumstances) };
    if (claimedUser === undefined) return USER_FIRST;
    if (!wellFormed) return FAILED_LOGIN;
    const method = { type: "password", user: claimedUser, password } as const;
    return { type: "ask", effect: { type: "authenticate", method }, next: NOBODY };
  },

  APOP: (_state, { user, digest }, { apopStamp }) => {
    if (apopStamp === undefined) return APOP_OFF;
    if (user === undefined) return FAILED_LOGIN;
    return { type: "ask", effect: { type: "authenticate", method: { type: "apop", user, digest } }, next: NOBODY };
  },

  AUTH: (_state, { mechanism, initialResponse }, circumstances) => {
    const { mechanisms } = circumstances.offer;
    if (mechanism === undefined) return { type: "reply", reply: withBody(MECHANISMS, bodyOf(mechanisms)) };
    if (!mechanisms.includes(mechanism)) return { type: "reply", reply: mechanismRefusal(mechanism, circumstances) };
    const method = { type: "sasl", mechanism, initialResponse } as const;
    return { type: "ask", effect: { type: "authenticate", method }, next: NOBODY };
  },

  STLS: (_state, _command, { encrypted, policy }) => {
    if (encrypted) return ALREADY_ENCRYPTED;
    return policy.stls === "available" ? BEGIN_TLS : STLS_OFF;
  },

  CAPA: (_state, _command, circumstances) => ({ type: "reply", reply: capabilityList("AUTHORIZATION", circumstances) }),

  UTF8: () => UTF8_ON,
  LANG: (_state, { language }) => changeLanguage(language),
  QUIT: () => GOODBYE,
} as const satisfies Handlers<Authorization>;

/** Before any credential is looked at (RFC 8314 §3): what to do instead. */
function refusal({ encrypted, policy }: Circumstances): Reply {
  if (encrypted || !policy.encrypted.userPass) return USER_PASS_OFF;
  return policy.stls === "available" ? ENCRYPT_BY_STLS : ENCRYPT_BY_PORT;
}

function mechanismRefusal(mechanism: string, { encrypted, policy }: Circumstances): Reply {
  if (encrypted || !policy.encrypted.mechanisms.includes(mechanism)) return UNKNOWN_MECHANISM;
  return policy.stls === "available" ? ENCRYPT_BY_STLS : ENCRYPT_BY_PORT;
}

const MECHANISMS = ok("mechanisms");
const SEND_PASSWORD = ok("sendPassword");
const USER_PASS_OFF = err("userPassOff");
const ENCRYPT_BY_STLS = err("encryptByStls");
const ENCRYPT_BY_PORT = err("encryptByPort");
const UNKNOWN_MECHANISM = err("unknownMechanism");

const FAILED_LOGIN: Outcome = { type: "failed-login" };
const USER_FIRST: Outcome = { type: "bad-command", reply: err("userFirst") };
const APOP_OFF: Outcome = { type: "reply", reply: err("apopOff") };
const STLS_OFF: Outcome = { type: "reply", reply: err("stlsOff") };
const ALREADY_ENCRYPTED: Outcome = { type: "reply", reply: err("alreadyEncrypted") };
const BEGIN_TLS: Outcome = { type: "start-tls", reply: ok("beginTls") };
const UTF8_ON: Outcome = { type: "reply", reply: ok("utf8") };
const GOODBYE: Outcome = { type: "close", reply: ok("goodbye"), reason: "quit" };

// Last, because the handlers name the constants above.
export const AUTHORIZATION_HANDLERS = handlerTable<Authorization>(HANDLERS);
