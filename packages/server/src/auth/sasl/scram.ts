// SASL SCRAM, the server's side (RFC 5802; with SHA-256 RFC 7677).
//
//   C: client-first   S: server-first   C: client-final   S: server-final   C: (empty)   → accepted
//
//   AuthMessage     = client-first-bare "," server-first "," client-final-without-proof
//   ClientSignature = HMAC(StoredKey, AuthMessage)        ClientKey = ClientProof XOR ClientSignature
//   the client is right if H(ClientKey) = StoredKey; then ServerSignature = HMAC(ServerKey, AuthMessage)
//
// A refusal is the protocol's -ERR: POP3 has no place for `e=` (RFC 5034 §4). A stranger gets a salt made from his name,
// the same each time, the iterations of his stand-in and the work of his stand-in.

import { createHash, createHmac, randomBytes } from "node:crypto";
import { andThen, type Eventually } from "@postigo/storage";
import { busy, type Claimant, conclude } from "../account-directory.js";
import type { AuthenticationStep } from "../authenticator.js";
import type { Dialogue } from "../login-exchange.js";
import { decodeUtf8, octetsAreEqual } from "../octets.js";
import { SCRAM_HASHES } from "../scram-keys.js";
import type { ScramKeys, ScramMechanism } from "../stored-secret.js";
import { EMPTY_CHALLENGE, MALFORMED } from "./plain.js";
import type { SaslTools } from "./sasl-dialogue.js";
import {
  type ClientFinal,
  type ClientFirst,
  formatServerFinal,
  formatServerFirst,
  parseClientFinal,
  parseClientFirst,
} from "./scram-messages.js";

export function scramDialogue(mechanism: ScramMechanism, tools: SaslTools): Dialogue {
  return new ScramDialogue(mechanism, tools);
}

/** What has been said so far. */
interface Opening {
  readonly claimant: Claimant;
  readonly clientFirst: ClientFirst;
  readonly serverFirst: string;
  /** Client's and server's part. */
  readonly nonce: string;
}

class ScramDialogue implements Dialogue {
  readonly #mechanism: ScramMechanism;
  readonly #tools: SaslTools;
  #opening: Opening | undefined;
  /** The end, once the proof was right: it follows on the client's empty answer to the server-final message. */
  #success: AuthenticationStep | undefined;

  constructor(mechanism: ScramMechanism, tools: SaslTools) {
    this.#mechanism = mechanism;
    this.#tools = tools;
  }

  next(message: Uint8Array | undefined): Eventually<AuthenticationStep> {
    if (message === undefined) return EMPTY_CHALLENGE;
    if (this.#success !== undefined) return message.length === 0 ? this.#success : MALFORMED;
    const text = decodeUtf8(message);
    if (text === undefined) return MALFORMED;
    return this.#opening === undefined ? this.#open(text) : this.#finish(text, this.#opening);
  }

  #open(text: string): Eventually<AuthenticationStep> {
    const clientFirst = parseClientFirst(text);
    if (clientFirst === undefined) return MALFORMED;
    const { user, authzid } = clientFirst;
    if (authzid !== "" && authzid !== user) return { type: "rejected", user, why: "wrong-credentials" };
    return andThen(this.#tools.claim(user), (claimant) => {
      const { salt, iterations } = this.#tools.scram.parameters(this.#mechanism, claimant);
      const nonce = clientFirst.nonce + this.#tools.nonce();
      const serverFirst = formatServerFirst(nonce, salt, iterations);
      this.#opening = { claimant, clientFirst, serverFirst, nonce };
      return challenge(serverFirst);
    });
  }

  #finish(text: string, opening: Opening): Eventually<AuthenticationStep> {
    const { claimant, clientFirst, nonce } = opening;
    const clientFinal = parseClientFinal(text);
    const malformed: AuthenticationStep = { type: "rejected", user: claimant.user, why: "malformed-response" };
    if (clientFinal === undefined || clientFinal.nonce !== nonce) return malformed;
    // §5.1: what the client thought of channel binding at the beginning it must repeat where it is signed.
    if (!octetsAreEqual(clientFinal.channelBinding, Buffer.from(clientFirst.gs2Header))) return malformed;
    const message = authMessage(opening, clientFinal);
    const isProof = (keys: ScramKeys) => proves(clientFinal.proof, keys, message);
    const { scram, attempt } = this.#tools;
    return andThen(scram.keysThat({ claimant, mechanism: this.#mechanism, isProof, attempt }), (keys) =>
      keys === "busy" ? busy(claimant.user) : this.#conclude(claimant, keys, message),
    );
  }

  #conclude(claimant: Claimant, keys: ScramKeys | undefined, message: string): AuthenticationStep {
    const step = conclude(claimant, keys !== undefined);
    if (step.type !== "accepted" || keys === undefined) return step;
    this.#success = step;
    const { hash } = SCRAM_HASHES[keys.mechanism];
    return challenge(formatServerFinal(createHmac(hash, keys.serverKey.reveal()).update(message).digest()));
  }
}

/** The server's part of a nonce: 18 octets, 24 characters without a comma. */
export function makeNonce(): string {
  return randomBytes(18).toString("base64");
}

function authMessage({ clientFirst, serverFirst }: Opening, { withoutProof }: ClientFinal): string {
  return `${clientFirst.bare},${serverFirst},${withoutProof}`;
}

/** §3: H(ClientProof XOR HMAC(StoredKey, AuthMessage)) = StoredKey. */
function proves(proof: Uint8Array, { mechanism, storedKey }: ScramKeys, message: string): boolean {
  const { hash, octets } = SCRAM_HASHES[mechanism];
  const signature = createHmac(hash, storedKey.reveal()).update(message).digest();
  if (proof.length !== octets) return false;
  const clientKey = signature.map((octet, index) => octet ^ (proof[index] ?? 0));
  return octetsAreEqual(createHash(hash).update(clientKey).digest(), storedKey.reveal());
}

function challenge(text: string): AuthenticationStep {
  return { type: "challenge", octets: Buffer.from(text) };
}
