// Makes a demo maildrop: node scripts/demo-maildrop.mjs DIRECTORY
// Ordinary mail comes from test/fixtures/*.eml, mail that breaks naive servers is made below. An existing maildrop is left alone.

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const FIXTURES = fileURLToPath(new URL("../test/fixtures", import.meta.url));
const FIRST_DELIVERY = Date.UTC(2026, 10, 16, 7, 0, 12) / 1000;
const DELIVERY_INTERVAL = 6 * 3600;

const maildrop = process.argv[2];
if (maildrop === undefined) {
  console.error("usage: node scripts/demo-maildrop.mjs DIRECTORY");
  process.exit(64);
}
if (!existsSync(maildrop)) create(maildrop);

function create(path) {
  // Built beside its place and renamed into it: an interrupted run leaves nothing that looks like a maildrop.
  const unfinished = `${path}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  for (const folder of ["tmp", "new", "cur"]) mkdirSync(join(unfinished, folder), { recursive: true, mode: 0o700 });
  for (const [position, message] of [...ordinaryMail(), ...trickyMail()].entries()) {
    writeFileSync(join(unfinished, fileName(message, position)), message.octets, { mode: 0o600 });
  }
  mkdirSync(dirname(path), { recursive: true });
  renameSync(unfinished, path);
}

/** Postfix's form of a unique name in new/; mail that was seen stands in cur/ with its flags. */
function fileName({ flags, sizes = "" }, position) {
  const seconds = FIRST_DELIVERY + position * DELIVERY_INTERVAL;
  const inode = (0x1d4822 + position).toString(16);
  const unique = `${seconds}.Vfe00I${inode}M${100000 + position}.mail.example.test${sizes}`;
  return flags === undefined ? join("new", unique) : join("cur", `${unique}:2,${flags}`);
}

function ordinaryMail() {
  const flagsOf = new Map([
    ["01-welcome.eml", "S"],
    ["02-alternative.eml", "RS"],
    ["04-newsletter.eml", "FS"],
  ]);
  return readdirSync(FIXTURES)
    .filter((name) => name.endsWith(".eml"))
    .sort()
    .map((name) => ({ octets: readFileSync(join(FIXTURES, name)), flags: flagsOf.get(name) }));
}

function trickyMail() {
  const withSizes = mail("A name that tells its sizes", "The name says S= and W=, and both are right.\n");
  return [
    { octets: mail("No line end at the end", "The last line of this file ends without one.") },
    { octets: mail("A bare CR", "Before\rafter: a CR alone ends no line.\n") },
    { octets: mail("A NUL", "Before\0after: NUL is an octet like others.\n") },
    { octets: mail("A very long line", `${"0123456789".repeat(10_000)}\nThe line above has 100,000 octets.\n`) },
    { octets: mail("CRLF on the disk", "This file's lines end in CRLF already.\n", "\r\n") },
    { octets: withSizes, sizes: sizesOf(withSizes) },
    { octets: mail("A name that lies about its sizes", "The name says S=1 and W=1.\n"), sizes: ",S=1,W=1" },
    { octets: Buffer.alloc(0) },
  ];
}

function mail(subject, body, lineEnd = "\n") {
  const text = `From: Postigo <postigo@example.test>\nTo: demo@example.test\nSubject: ${subject}\n\n${body}`;
  return Buffer.from(text.replaceAll("\n", lineEnd), "latin1");
}

/** `,S=` is the file's octets, `,W=` the octets with every line end as CRLF (the Maildir++ convention). */
function sizesOf(octets) {
  const lineEnds = octets.filter((octet) => octet === 0x0a).length;
  return `,S=${octets.length},W=${octets.length + lineEnds}`;
}
