// SASL CRAM-MD5 (RFC 2195).
//
//   challenge = "<" random "." time "@" host ">"
//   response  = user SP 32( digit / "a"–"f" )        the digest is HMAC-MD5(password, challenge); the user may hold spaces

import { createHmac, randomBytes } from "node:crypto";
import { andThen } from "@postigo/storage";
import { type Claimant, conclude } from "../account-directory.js";
import { finishHmacMd5 } from "../hmac-md5.js";
import type { Dialogue } from "../login-exchange.js";
import { decodeHex, decodeUtf8, octetsAreEqual } from "../octets.js";
import { prepare } from "../saslprep.js";
import { MALFORMED } from "./plain.js";
import type { SaslTools } from "./sasl-dialogue.js";

export function cramMd5Dialogue({ claim, challengeStamp }: SaslTools): Dialogue {
  let challenge: Uint8Array | undefined;
  return {
    next(message) {
      if (challenge === undefined) {
        // The server speaks first: an initial response has nothing to answer (RFC 4422 §3, §5.2).
        if (message !== undefined) return MALFORMED;
        challenge = Buffer.from(challengeStamp());
        return { type: "challenge", octets: challenge };
      }
      const asked = challenge;
      const answer = message && parseResponse(message);
      if (!answer) return MALFORMED;
      return andThen(claim(answer.user), (claimant) => conclude(claimant, isDigest(answer.digest, claimant, asked)));
    },
  };
}

function parseResponse(message: Uint8Array) {
  const text = decodeUtf8(message);
  const [, user, hex = ""] = /^(.+) ([0-9a-f]{32})$/s.exec(text ?? "") ?? [];
  const digest = decodeHex(hex);
  return user === undefined || digest === undefined ? undefined : { user, digest };
}

function isDigest(digest: Uint8Array, { secret }: Claimant, challenge: Uint8Array): boolean {
  if (secret.hmacMd5 !== undefined) return octetsAreEqual(digest, finishHmacMd5(secret.hmacMd5, challenge));
  // An account kept in another form cannot be told by its answer: no key fits, and the work is the same.
  const password = secret.plain?.reveal() ?? randomBytes(16);
  const fits = (key: Uint8Array) => octetsAreEqual(digest, createHmac("md5", key).update(challenge).digest());
  const prepared = prepare(password);
  return fits(password) || (prepared !== password && fits(prepared));
}
