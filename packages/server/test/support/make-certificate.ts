// A self-signed certificate for a test, made by the script that operators use.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** Makes `directory/cert.pem` and `directory/key.pem` anew, for localhost, 127.0.0.1, ::1 and `names`; the last one is the subject. */
export function makeCertificate(directory: string, names: readonly string[] = [], days = 365): CertificateFiles {
  execFileSync(process.execPath, [SCRIPT, directory, "--renew", "--days", String(days), ...names]);
  return { certificate: join(directory, "cert.pem"), key: join(directory, "key.pem") };
}

const SCRIPT = fileURLToPath(new URL("../../../../scripts/make-certificate.mjs", import.meta.url));
