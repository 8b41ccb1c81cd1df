// APOP (RFC 1939 §7): the digest is MD5 over the stamp of the greeting, angle brackets included, and the password.

import { createHash, randomBytes } from "node:crypto";
import { andThen, type Eventually } from "@postigo/storage";
import { type Claimant, conclude } from "./account-directory.js";
import type { AuthenticationStep } from "./authenticator.js";
import type { Dialogue } from "./login-exchange.js";
import { decodeHex, octetsAreEqual } from "./octets.js";

export interface ApopClaim {
  readonly user: string;
  /** 32 hexadecimal digits, lower case. */
  readonly digest: string;
  readonly stamp: string;
}

export function apopDialogue(apop: ApopClaim, claim: (user: string) => Eventually<Claimant>): Dialogue {
  return {
    next(): Eventually<AuthenticationStep> {
      const digest = /^[0-9a-f]{32}$/.test(apop.digest) ? decodeHex(apop.digest) : undefined;
      if (digest === undefined) return { type: "rejected", user: apop.user, why: "malformed-response" };
      return andThen(claim(apop.user), (claimant) => conclude(claimant, isDigest(digest, claimant, apop.stamp)));
    },
  };
}

function isDigest(digest: Uint8Array, { secret }: Claimant, stamp: string): boolean {
  // Who is kept in another form than PLAIN cannot use APOP; the work is the same.
  const password = secret.plain?.reveal() ?? randomBytes(16);
  return octetsAreEqual(digest, createHash("md5").update(stamp).update(password).digest());
}
