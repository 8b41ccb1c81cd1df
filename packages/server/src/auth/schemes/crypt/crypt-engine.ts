// crypt(3): the host's libcrypt if it can be reached, else JavaScript in a worker thread. Neither blocks the event loop.

import { loadLibcrypt } from "./libcrypt.js";
import { createWorkerEngine } from "./worker-engine.js";

export interface CryptEngine {
  readonly name: "libcrypt" | "unixcrypt";
  /**
   * The hash of `password` made with the settings (kind, rounds, salt) at the head of `setting`;
   * undefined if this engine does not know that kind.
   */
  crypt(password: Uint8Array, setting: string): Promise<string | undefined>;
}

/** The one engine of this process: a library is loaded, and a thread started, once, with the first hash that needs it. */
export function cryptEngine(): Promise<CryptEngine> {
  engine ??= loadLibcrypt().then((libcrypt) => libcrypt ?? createWorkerEngine());
  return engine;
}

let engine: Promise<CryptEngine> | undefined;

/** crypt_rn refuses more, and a longer one would let a stranger choose how long a hash takes. */
export const MOST_PASSWORD_OCTETS = 511;

/** A crypt(3) password is a C string: with a NUL in it, or too long, it can belong to no hash. */
export function canBeCrypted(password: Uint8Array): boolean {
  return password.length <= MOST_PASSWORD_OCTETS && !password.includes(0);
}
