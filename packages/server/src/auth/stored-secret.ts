// What an account proves itself against, taken apart once when the source is read.

import type { Secret } from "@postigo/protocol";
import type { Eventually } from "@postigo/storage";

export type ScramMechanism = "SCRAM-SHA-1" | "SCRAM-SHA-256";

/** No field of it can be printed: secrets stand in `Secret` or behind `verify`. */
export interface StoredSecret {
  /** Name in the table of schemes, e.g. `SHA512-CRYPT`. */
  readonly scheme: string;
  /** `heavy`: takes milliseconds of processor; runs off the event loop, through the hash queue, and a success is remembered. */
  readonly cost: "light" | "heavy";
  /** Whether these octets are the password. A light one answers at once, a heavy one with a promise. */
  readonly verify: (password: Uint8Array) => Eventually<boolean>;
  /** The stored text, as key of the success cache. */
  readonly stored: Secret;
  /** The password itself where the source keeps it: CRAM-MD5, APOP and SCRAM can work from it. */
  readonly plain?: Secret;
  readonly scram?: ScramKeys;
  /** HMAC-MD5 of the password, begun: what CRAM-MD5 can work from without knowing the password. */
  readonly hmacMd5?: HmacMd5States;
}

/** The two MD5 states after the block of the outer, and of the inner, key (RFC 2104 §2, §4): 16 octets each. */
export interface HmacMd5States {
  readonly outer: Secret;
  readonly inner: Secret;
}

/** RFC 5802 §3: what a server keeps instead of a password. */
export interface ScramKeys {
  readonly mechanism: ScramMechanism;
  readonly iterations: number;
  readonly salt: Secret;
  readonly storedKey: Secret;
  readonly serverKey: Secret;
}

/** This host cannot compute a scheme: the account is in order, the installation is not ([SYS/PERM]). */
export class SchemeUnsupportedError extends Error {
  readonly scheme: string;

  constructor(scheme: string) {
    super(`this host cannot compute ${scheme} hashes: libcrypt is not there, or does not know them`);
    this.name = "SchemeUnsupportedError";
    this.scheme = scheme;
  }
}
