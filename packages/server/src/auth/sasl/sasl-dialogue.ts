// The table of SASL mechanisms, and what they have to work with.

import type { Secret } from "@postigo/protocol";
import type { Eventually } from "@postigo/storage";
import type { SaslMechanism } from "../../config/config.js";
import type { Claimant } from "../account-directory.js";
import { type Attempt, type Dialogue, openWith } from "../login-exchange.js";
import type { ScramKeyring } from "../scram-keyring.js";
import { cramMd5Dialogue } from "./cram-md5.js";
import { loginDialogue } from "./login.js";
import { type PasswordCheck, plainDialogue } from "./plain.js";
import { scramDialogue } from "./scram.js";

export interface SaslTools {
  readonly attempt: Attempt;
  readonly check: PasswordCheck;
  readonly claim: (user: string) => Eventually<Claimant>;
  readonly scram: ScramKeyring;
  /** A fresh challenge for CRAM-MD5, angle brackets included. */
  readonly challengeStamp: () => string;
  /** A fresh server's part of a SCRAM nonce. */
  readonly nonce: () => string;
}

export function saslDialogue(mechanism: SaslMechanism, initial: Secret | undefined, tools: SaslTools): Dialogue {
  return openWith(initial, MECHANISMS[mechanism](tools));
}

const MECHANISMS: { readonly [M in SaslMechanism]: (tools: SaslTools) => Dialogue } = {
  PLAIN: ({ check }) => plainDialogue(check),
  LOGIN: ({ check }) => loginDialogue(check),
  "CRAM-MD5": cramMd5Dialogue,
  "SCRAM-SHA-1": (tools) => scramDialogue("SCRAM-SHA-1", tools),
  "SCRAM-SHA-256": (tools) => scramDialogue("SCRAM-SHA-256", tools),
};
