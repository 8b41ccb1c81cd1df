// Self-signed certificates for tests, made by openssl.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** Makes `certificate.pem` and `key.pem` in `directory`, valid for `names` (the first is the common name) and 127.0.0.1. */
export function makeCertificate(directory: string, ...names: string[]): CertificateFiles {
  mkdirSync(directory, { recursive: true });
  const files = { certificate: join(directory, "certificate.pem"), key: join(directory, "key.pem") };
  const alternatives = [...names.map((name) => `DNS:${name}`), "IP:127.0.0.1", "IP:::1"].join(",");
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"],
      ...["-subj", `/CN=${names[0]}`, "-addext", `subjectAltName=${alternatives}`],
      ...["-keyout", files.key, "-out", files.certificate],
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  return files;
}

export const readPem = (files: CertificateFiles): string => readFileSync(files.certificate, "utf8");
