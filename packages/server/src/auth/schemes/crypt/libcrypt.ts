// The host's libcrypt, called through koffi on a thread of the pool. Both are optional: ADR 0022.

import type { CryptEngine } from "./crypt-engine.js";

/** undefined: no koffi, no libcrypt, or one (glibc's own) without the re-entrant crypt_rn. */
export async function loadLibcrypt(): Promise<CryptEngine | undefined> {
  for (const name of NAMES) {
    try {
      const koffi = await import("koffi");
      return createEngine(koffi.load(name).func(PROTOTYPE).async);
    } catch {
      // Tried and absent: the next name, and in the end the worker, takes its place.
    }
  }
  return undefined;
}

const NAMES = ["libcrypt.so.1", "libcrypt.so.2"];
const PROTOTYPE = "const char *crypt_rn(const uint8_t *phrase, const char *setting, uint8_t *data, int size)";
/** sizeof(struct crypt_data), the same on every platform of libxcrypt. */
const DATA_OCTETS = 32_768;

type CryptRn = (
  phrase: Uint8Array,
  setting: string,
  data: Uint8Array,
  size: number,
  done: (fault: unknown, hash: string | null) => void,
) => void;

function createEngine(cryptRn: CryptRn): CryptEngine {
  return {
    name: "libcrypt",
    crypt: (password, setting) =>
      new Promise((resolve, reject) => {
        const phrase = Buffer.concat([password, NUL]);
        const data = Buffer.alloc(DATA_OCTETS);
        cryptRn(phrase, setting, data, DATA_OCTETS, (fault, hash) => {
          phrase.fill(0);
          data.fill(0);
          if (fault) reject(new Error("libcrypt cannot be called"));
          else resolve(hash ?? undefined);
        });
      }),
  };
}

const NUL = new Uint8Array(1);
