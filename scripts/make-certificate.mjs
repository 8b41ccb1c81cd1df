// Makes a self-signed certificate for trying things out: node scripts/make-certificate.mjs DIRECTORY [--renew] [--days N] [NAME…]
// Writes DIRECTORY/cert.pem and DIRECTORY/key.pem (EC P-256), valid for localhost, 127.0.0.1, ::1 and the names given.
// A pair that stands there and is good for another day is kept, unless --renew is given. Node can read certificates but not write them: openssl does.

import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { renew: { type: "boolean", default: false }, days: { type: "string", default: "365" } },
});
const [directory, ...names] = positionals;
if (directory === undefined || !/^[1-9]\d{0,4}$/.test(values.days)) {
  fail(64, "usage: node scripts/make-certificate.mjs DIRECTORY [--renew] [--days N] [NAME…]");
}
if (values.renew || !isGood(join(directory, "cert.pem"), join(directory, "key.pem"))) make(directory, names);

/** In a directory beside the files and then renamed, so that a running server finds the old files or the new ones. */
function make(target, furtherNames) {
  mkdirSync(target, { recursive: true });
  const work = mkdtempSync(join(target, "making-"));
  try {
    runOpenssl(work, ["localhost", "127.0.0.1", "::1", ...furtherNames]);
    renameSync(join(work, "key.pem"), join(target, "key.pem"));
    renameSync(join(work, "cert.pem"), join(target, "cert.pem"));
  } finally {
    rmSync(work, { recursive: true });
  }
}

function runOpenssl(work, subjects) {
  const alternatives = subjects.map((name) => `${isIP(name) ? "IP" : "DNS"}:${name}`).join(",");
  const run = spawnSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-sha256"],
      ...["-days", values.days, "-subj", `/CN=${subjects.at(-1)}`, "-addext", `subjectAltName=${alternatives}`],
      ...["-keyout", join(work, "key.pem"), "-out", join(work, "cert.pem")],
    ],
    { encoding: "utf8" },
  );
  if (run.error?.code === "ENOENT") {
    fail(
      69,
      "openssl is missing; install it (Debian, Ubuntu: apt-get install openssl; Fedora: dnf install openssl; macOS: brew install openssl@3)",
    );
  }
  if (run.status !== 0) fail(73, `openssl failed: ${run.error?.message ?? run.stderr}`);
}

function isGood(certificate, key) {
  try {
    readFileSync(key);
    return Date.parse(new X509Certificate(readFileSync(certificate)).validTo) > Date.now() + 86_400_000;
  } catch {
    return false; // missing or unreadable: it is made
  }
}

function fail(exitCode, text) {
  console.error(`make-certificate: ${text}`);
  process.exit(exitCode);
}
