// The certificates in force, for every TLS handshake of the server, and how they are exchanged while it runs.

import { constants } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import type { Clock } from "../clock.js";
import type { TlsConfig } from "../config/config.js";
import { type CertificatePair, loadCertificatePair } from "./certificate-pair.js";
import { certificateWarnings } from "./certificate-warnings.js";
import { ServerNames } from "./server-names.js";
import { TlsError } from "./tls-error.js";
import type { TlsEvent } from "./tls-event.js";

/** For `new TLSSocket(socket, { ...options, isServer: true })`, and, as it holds no more than that needs, for `tls.createServer`. */
export interface TlsServerOptions {
  readonly isServer: true;
  readonly secureContext: SecureContext;
  /** Absent when there is one certificate only: the handshake need not wait for a choice. */
  readonly SNICallback?: (name: string, choose: (error: Error | null, context?: SecureContext) => void) => void;
}

export interface TlsContexts {
  /** Read it for each handshake: it is another object after a reload. */
  readonly options: TlsServerOptions;
  /** Of the certificates in force. */
  readonly expiries: readonly CertificateExpiry[];
  /** Puts other certificates in force, or throws TlsError and leaves the old ones. Handshakes under way end with theirs. */
  reload(config: TlsConfig): void;
}

export interface CertificateExpiry {
  readonly file: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface TlsContextsOptions {
  readonly clock: Clock;
  readonly onEvent: (event: TlsEvent) => void;
}

/** Throws TlsError when a certificate or key cannot be used. An expired one can: that is an event. */
export function createTlsContexts(config: TlsConfig, { clock, onEvent }: TlsContextsOptions): TlsContexts {
  let expiries: readonly CertificateExpiry[] = [];
  let options = loadOptions(config);
  return {
    get options() {
      return options;
    },
    get expiries() {
      return expiries;
    },
    reload(next) {
      options = loadOptions(next);
    },
  };

  function loadOptions(wanted: TlsConfig): TlsServerOptions {
    const loaded = loadPairs(wanted);
    const options = serverOptions(loaded, wanted.minimum);
    expiries = loaded.map(({ pair }) => ({ file: pair.files.certificate.file, at: Date.parse(pair.leaf.validTo) }));
    for (const { pair, name } of loaded) certificateWarnings(pair, name, clock.now()).forEach(onEvent);
    return options;
  }
}

interface LoadedPair {
  /** undefined: the default. */
  readonly name: string | undefined;
  readonly pair: CertificatePair;
}

function loadPairs(config: TlsConfig): readonly LoadedPair[] {
  const load = (prefix: string, files: { certificate: string; key: string }): CertificatePair =>
    loadCertificatePair({
      certificate: { key: `${prefix}.certificate`, file: files.certificate },
      key: { key: `${prefix}.key`, file: files.key },
    });
  return [
    { name: undefined, pair: load("tls", config) },
    ...config.names.map((files, index) => ({ name: files.name, pair: load(`tls.names[${index}]`, files) })),
  ];
}

function serverOptions(loaded: readonly LoadedPair[], minimum: TlsConfig["minimum"]): TlsServerOptions {
  const contexts = loaded.map(({ name, pair }) => ({ name, context: secureContext(pair, minimum) }));
  const [first] = contexts;
  if (first === undefined) throw new TypeError("a default certificate is always loaded");
  const named = contexts.flatMap(({ name, context }) => (name === undefined ? [] : [[name, context] as const]));
  if (named.length === 0) return { isServer: true, secureContext: first.context };
  const names = new ServerNames(named);
  return {
    isServer: true,
    secureContext: first.context,
    SNICallback: (name, choose) => choose(null, names.find(name) ?? first.context),
  };
}

function secureContext(pair: CertificatePair, minVersion: TlsConfig["minimum"]): SecureContext {
  try {
    return createSecureContext({
      cert: pair.certificate,
      key: pair.key,
      minVersion,
      ciphers: CIPHERS,
      honorCipherOrder: true,
      sessionIdContext: "postigo",
      // A renegotiation costs the server a handshake for one short record of the client; POP3 has no use for it.
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    });
  } catch (cause) {
    throw new TlsError(pair.files.certificate, "TLS refuses it", REFUSED_REMEDY, cause);
  }
}

const REFUSED_REMEDY = "look for a broken certificate after the first one, or a key shorter than 2048 bits";

/** All with forward secrecy. The CBC ones at the end are what Windows 7 and 8 have for an RSA certificate. */
const CIPHERS = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
  "ECDHE-ECDSA-AES128-SHA256",
  "ECDHE-RSA-AES128-SHA256",
  "ECDHE-RSA-AES256-SHA384",
].join(":");
