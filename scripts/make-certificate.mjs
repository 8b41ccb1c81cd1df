// Makes a self-signed certificate for trying things out: node scripts/make-certificate.mjs DIRECTORY [--renew] [--days N] [NAME…]
// Writes DIRECTORY/cert.pem and DIRECTORY/key.pem (ECDSA P-256), valid for localhost, 127.0.0.1, ::1 and the names given; the last is the subject.
// A pair that stands there and is good for another day is kept, unless --renew is given.
//
// Node can read certificates and sign, but not write a certificate, so the DER of RFC 5280 §4.1 is put together here:
//   Certificate    = SEQUENCE { tbsCertificate, signatureAlgorithm, BIT STRING signature }
//   tbsCertificate = SEQUENCE { [0] version, serial, algorithm, issuer, validity, subject, publicKey, [3] extensions }

import { generateKeyPairSync, randomBytes, sign, X509Certificate } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { parseArgs } from "node:util";

const DAY_MS = 86_400_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { renew: { type: "boolean", default: false }, days: { type: "string", default: "365" } },
});
const [directory, ...names] = positionals;
if (directory === undefined || !/^[1-9]\d{0,4}$/.test(values.days)) {
  console.error("usage: node scripts/make-certificate.mjs DIRECTORY [--renew] [--days N] [NAME…]");
  process.exit(64);
}
if (values.renew || !isGood(join(directory, "cert.pem"), join(directory, "key.pem"))) make(directory);

/** In a directory beside the files and then renamed, so that a running server finds the old files or the new ones. */
function make(target) {
  mkdirSync(target, { recursive: true });
  const work = mkdtempSync(join(target, "making-"));
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const subjects = ["localhost", "127.0.0.1", "::1", ...names];
  writeFileSync(join(work, "key.pem"), privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  writeFileSync(join(work, "cert.pem"), pem(certificate(subjects, privateKey, publicKey)));
  for (const name of ["key.pem", "cert.pem"]) renameSync(join(work, name), join(target, name));
  rmSync(work, { recursive: true });
}

function isGood(certificate, key) {
  try {
    readFileSync(key);
    return Date.parse(new X509Certificate(readFileSync(certificate)).validTo) > Date.now() + DAY_MS;
  } catch {
    return false; // missing or unreadable: it is made
  }
}

function certificate(subjects, privateKey, publicKey) {
  const algorithm = sequence(oid("1.2.840.10045.4.3.2")); // ecdsa-with-SHA256
  const name = sequence(set(sequence(oid("2.5.4.3"), der(0x0c, Buffer.from(names.at(-1) ?? "localhost")))));
  const now = Date.now();
  const tbs = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    name,
    sequence(time(now - DAY_MS), time(now + Number(values.days) * DAY_MS)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    explicit(3, extensions(subjects)),
  );
  return sequence(tbs, algorithm, bitString(sign("sha256", tbs, privateKey)));
}

function extensions(subjects) {
  return sequence(
    extension("2.5.29.17", sequence(...subjects.map(alternativeName))),
    extension("2.5.29.15", der(0x03, Buffer.from([7, 0x80])), { critical: true }), // digitalSignature
    extension("2.5.29.37", sequence(oid("1.3.6.1.5.5.7.3.1"))), // serverAuth
  );
}

function extension(id, value, { critical = false } = {}) {
  return sequence(oid(id), ...(critical ? [der(0x01, Buffer.from([0xff]))] : []), der(0x04, value));
}

function alternativeName(name) {
  if (isIP(name) === 4) return der(0x87, Buffer.from(name.split(".").map(Number)));
  if (isIP(name) === 6) return der(0x87, ipv6Octets(name));
  return der(0x82, Buffer.from(name));
}

function ipv6Octets(address) {
  const [head, tail] = address.split("::").map((part) => part.split(":").filter((group) => group !== ""));
  const groups = tail === undefined ? head : [...head, ...Array(8 - head.length - tail.length).fill("0"), ...tail];
  return Buffer.from(groups.map((group) => group.padStart(4, "0")).join(""), "hex");
}

function time(ms) {
  const digits = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, "");
  // RFC 5280 §4.1.2.5: two digits for the year up to 2049, four from 2050 on.
  return Number(digits.slice(0, 4)) < 2050 ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits));
}

function oid(dotted) {
  const [first, second, ...rest] = dotted.split(".").map(Number);
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(number) {
  const octets = [number & 0x7f];
  for (let left = number >> 7; left > 0; left >>= 7) octets.unshift((left & 0x7f) | 0x80);
  return octets;
}

function sequence(...parts) {
  return der(0x30, Buffer.concat(parts));
}

function set(part) {
  return der(0x31, part);
}

function integer(octets) {
  return der(0x02, octets);
}

function bitString(octets) {
  return der(0x03, Buffer.concat([Buffer.from([0]), octets]));
}

function explicit(tag, part) {
  return der(0xa0 + tag, part);
}

function der(tag, content) {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const octets = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...octets]), content]);
}

function pem(content) {
  const lines = content.toString("base64").match(/.{1,64}/g);
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
