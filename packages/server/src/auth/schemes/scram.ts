// SCRAM-SHA-1 and SCRAM-SHA-256: the keys of RFC 5802 §3 in the place of a password, as Dovecot writes them:
//
//   iterations "," base64(salt) "," base64(StoredKey) "," base64(ServerKey)

import { Secret } from "@postigo/protocol";
import { decodeBase64, octetsAreEqual } from "../octets.js";
import { prepare } from "../saslprep.js";
import { deriveScramKeys, SCRAM_HASHES } from "../scram-keys.js";
import type { ScramKeys, ScramMechanism } from "../stored-secret.js";
import { malformed, type ParsedSecret, type Scheme } from "./scheme.js";

export const SCRAM_SHA_1 = scram("SCRAM-SHA-1");
export const SCRAM_SHA_256 = scram("SCRAM-SHA-256");

function scram(mechanism: ScramMechanism): Scheme {
  return { name: mechanism, parse: (text) => parse(mechanism, text) };
}

function parse(mechanism: ScramMechanism, text: string): ParsedSecret {
  const keys = parseKeys(mechanism, text);
  if (keys === undefined) return malformed(`not a {${mechanism}} secret`, "it is iterations,salt,StoredKey,ServerKey");
  const stored = new Secret(Buffer.from(text));
  const verify = async (password: Uint8Array) => {
    const { iterations, salt } = keys;
    const derived = await deriveScramKeys(prepare(password), { mechanism, iterations, salt: salt.reveal() });
    return octetsAreEqual(derived.storedKey.reveal(), keys.storedKey.reveal());
  };
  return { type: "secret", secret: { scheme: mechanism, cost: "heavy", verify, stored, scram: keys } };
}

function parseKeys(mechanism: ScramMechanism, text: string): ScramKeys | undefined {
  const [count = "", ...parts] = text.split(",");
  const [salt, storedKey, serverKey] = parts.map(decodeBase64);
  const iterations = /^[1-9]\d{0,8}$/.test(count) ? Number(count) : undefined;
  const { octets } = SCRAM_HASHES[mechanism];
  if (parts.length !== 3 || iterations === undefined || salt === undefined || salt.length === 0) return undefined;
  if (storedKey?.length !== octets || serverKey?.length !== octets) return undefined;
  return {
    mechanism,
    iterations,
    salt: new Secret(salt),
    storedKey: new Secret(storedKey),
    serverKey: new Secret(serverKey),
  };
}
