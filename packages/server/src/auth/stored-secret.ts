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
}

/** RFC 5802 §3: what a server keeps instead of a password. */
export interface ScramKeys {
  readonly mechanism: ScramMechanism;
  readonly iterations: number;
  readonly salt: Secret;
  readonly storedKey: Secret;
  readonly serverKey: Secret;
}
