// Self-signed certificates for tests, made as the demo's is.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("../../scripts/make-certificate.mjs", import.meta.url));

export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** Makes `cert.pem` and `key.pem` in `directory`, valid for `names` and the loopback addresses. */
export function makeCertificate(directory: string, ...names: readonly string[]): CertificateFiles {
  execFileSync(process.execPath, [SCRIPT, directory, ...names]);
  return { certificate: join(directory, "cert.pem"), key: join(directory, "key.pem") };
}
