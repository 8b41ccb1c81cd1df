// What is wrong with a certificate or its key, in the operator's terms. Holds no key material.

export class TlsError extends Error {
  /** The configuration key, e.g. `tls.names[0].key`. */
  readonly key: string;
  readonly file: string;
  readonly remedy: string;

  constructor({ key, file }: FileOfKey, what: string, remedy: string, cause?: unknown) {
    super(`${key}: ${file}: ${what}; ${remedy}`, { cause });
    this.name = "TlsError";
    this.key = key;
    this.file = file;
    this.remedy = remedy;
  }
}

export interface FileOfKey {
  readonly key: string;
  readonly file: string;
}
