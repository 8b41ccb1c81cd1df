// Does each certificate belong to its key, may both be read, and for how long are they good?

import type { Config, TlsConfig } from "../config/config.js";
import { loadCertificatePair } from "../tls/certificate-pair.js";
import { certificateWarnings } from "../tls/certificate-warnings.js";
import { TlsError } from "../tls/tls-error.js";
import type { TlsEvent } from "../tls/tls-event.js";
import { type Discovery, defect, fault, warning } from "./discovery.js";
import { EXIT, type ExitCode, errorCode, exitCodeOfFile } from "./exit-code.js";

/** `now`: milliseconds since 1970. */
export const examineCertificates = ({ tls }: Config, now: number): readonly Discovery[] =>
  tls === undefined ? [] : pairsOf(tls).flatMap((pair) => examinePair(pair, now));

interface NamedPair {
  readonly certificate: string;
  readonly key: string;
  /** What clients ask for by SNI; undefined for the default certificate. */
  readonly name: string | undefined;
  /** Of the keys in the configuration. */
  readonly prefix: string;
}

const pairsOf = (tls: TlsConfig): readonly NamedPair[] => [
  { certificate: tls.certificate, key: tls.key, name: undefined, prefix: "tls" },
  ...tls.names.map((pair, position) => ({ ...pair, prefix: `tls.names.${position}` })),
];

const examinePair = ({ certificate, key, name, prefix }: NamedPair, now: number): readonly Discovery[] => {
  try {
    const pair = loadCertificatePair({
      certificate: { key: `${prefix}.certificate`, file: certificate },
      key: { key: `${prefix}.key`, file: key },
    });
    return certificateWarnings(pair, name, now).map(discoveryOf);
  } catch (error) {
    if (!(error instanceof TlsError)) throw error;
    return [fault(exitCodeOf(error), "", error.message)];
  }
};

/** The errors of OpenSSL speak of the content, and their codes begin with ERR_. */
const exitCodeOf = ({ cause }: TlsError): ExitCode =>
  /^E(?!RR_)/.test(errorCode(cause) ?? "") ? exitCodeOfFile(cause) : EXIT.configuration;

const discoveryOf = (event: TlsEvent): Discovery => {
  switch (event.type) {
    case "certificate-expired":
      return defect(event.file, `expired at ${event.since}, clients refuse it; renew it`);
    case "certificate-not-yet-valid":
      return defect(event.file, `is good from ${event.from} on, clients refuse it before; is the clock right?`);
    case "certificate-expires-soon":
      return warning(event.file, `expires at ${event.on}, in ${event.days} days; renew it`);
    case "certificate-misses-name":
      return warning(event.file, `is not made out to ${event.name}, clients will refuse it; get one that is`);
    case "key-readable-by-others":
      return warning(event.file, "every user of this machine can read the key; chmod o= it");
  }
};
