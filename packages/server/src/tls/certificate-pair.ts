// One certificate chain and its private key: read from disk, checked against each other, and turned into what TLS needs.

import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { statSync } from "node:fs";
import { readRegularFile } from "../regular-file.js";
import { type FileOfKey, TlsError } from "./tls-error.js";

export interface CertificatePair {
  /** PEM, the leaf first. */
  readonly certificate: Buffer;
  readonly key: Buffer;
  readonly leaf: X509Certificate;
  readonly files: PairFiles;
  /** Users other than the owner and the group may read the key. */
  readonly isKeyExposed: boolean;
}

export interface PairFiles {
  readonly certificate: FileOfKey;
  readonly key: FileOfKey;
}

/** Throws TlsError for a file that is missing, unreadable, no PEM of its kind, encrypted, or no partner of the other. */
export function loadCertificatePair(files: PairFiles): CertificatePair {
  const certificate = read(files.certificate);
  const key = read(files.key);
  const leaf = parseLeaf(certificate, files.certificate);
  if (!leaf.checkPrivateKey(parseKey(key, files.key))) {
    const what = `this is not the key of the certificate ${files.certificate.file}`;
    throw new TlsError(files.key, what, "name the key the certificate was issued for; after a renewal, replace both");
  }
  return {
    certificate,
    key,
    leaf,
    files,
    isKeyExposed: (statSync(files.key.file).mode & 0o007) !== 0,
  };
}

function read(file: FileOfKey): Buffer {
  try {
    return readRegularFile(file.file, MOST_OCTETS);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error";
    const remedy = READ_REMEDIES.get(code) ?? "check the path and its permissions";
    throw new TlsError(file, `cannot be read (${code})`, remedy, cause);
  }
}

/** The first certificate of the file is the server's own (RFC 8446 §4.4.2). */
function parseLeaf(pem: Buffer, file: FileOfKey): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    const remedy = "give a PEM file with the server's certificate first and the intermediate ones after it";
    throw new TlsError(file, "holds no certificate that can be read", remedy, cause);
  }
}

function parseKey(pem: Buffer, file: FileOfKey): KeyObject {
  // RFC 7468 §11, and the older form of OpenSSL.
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(pem.toString("latin1"))) {
    throw new TlsError(file, "the key is encrypted", "store it without a passphrase (openssl pkey -in OLD -out NEW)");
  }
  try {
    return createPrivateKey(pem);
  } catch {
    // The cause is left out: nothing that has seen the key may travel with an error.
    throw new TlsError(file, "holds no private key that can be read", "give the key as a PEM file");
  }
}

const READ_REMEDIES: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "check the path, or make a certificate"],
  ["EACCES", "let the user of the server read it"],
  ["EISDIR", "name the file, not its directory"],
  ["not-a-file", "name the file; a FIFO or a device is none"],
  ["too-large", "name the PEM file"],
]);

/** Hundreds of certificates take less. */
const MOST_OCTETS = 1024 * 1024;
