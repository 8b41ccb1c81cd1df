// What is wrong with a certificate but no reason to refuse it: mail must flow, and the operator must know.

import type { CertificatePair } from "./certificate-pair.js";
import type { TlsEvent } from "./tls-event.js";

/** `name`: the server name the pair is configured for; undefined for the default. `now` in ms since 1970. */
export function certificateWarnings(pair: CertificatePair, name: string | undefined, now: number): TlsEvent[] {
  const events: TlsEvent[] = [...validityWarnings(pair, now)];
  if (name !== undefined && !covers(pair, name)) {
    events.push({ type: "certificate-misses-name", file: pair.files.certificate.file, name });
  }
  if (pair.isKeyExposed) events.push({ type: "key-readable-by-others", file: pair.files.key.file });
  return events;
}

function validityWarnings({ leaf, files }: CertificatePair, now: number): TlsEvent[] {
  const { file } = files.certificate;
  const from = Date.parse(leaf.validFrom);
  const to = Date.parse(leaf.validTo);
  if (now >= to) return [{ type: "certificate-expired", file, since: isoTime(to) }];
  if (now < from) return [{ type: "certificate-not-yet-valid", file, from: isoTime(from) }];
  const days = Math.floor((to - now) / DAY_MS);
  return days < WARN_DAYS ? [{ type: "certificate-expires-soon", file, on: isoTime(to), days }] : [];
}

/** A wildcard covers itself when it covers any one label. */
const covers = ({ leaf }: CertificatePair, name: string): boolean =>
  leaf.checkHost(name.startsWith("*.") ? `x${name.slice(1)}` : name) !== undefined;

const isoTime = (ms: number): string => new Date(ms).toISOString();

const DAY_MS = 86_400_000;
const WARN_DAYS = 14;
