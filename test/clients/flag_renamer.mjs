// What an IMAP server does to a Maildir, without a pause: moves mail from new/ to cur/ and changes flags by renaming.
// usage: flag_renamer.mjs MAILDIR; ends when its standard input ends, and prints how many renames it made.

import { readdirSync, renameSync } from "node:fs";
import { join } from "node:path";

const FLAGS = ["", "S", "FS", "RS", "F"];
const maildir = process.argv[2];
let renames = 0;

process.stdin.resume().once("end", () => {
  process.stdout.write(`${renames}\n`);
  process.exit(0);
});
round();

function round() {
  for (const name of readdirSync(join(maildir, "new"))) rename(`new/${name}`, `cur/${name}:2,`);
  for (const name of readdirSync(join(maildir, "cur"))) rename(`cur/${name}`, `cur/${withNextFlags(name)}`);
  setImmediate(round);
}

function withNextFlags(name) {
  const [unique, flags] = name.split(":2,");
  return `${unique}:2,${FLAGS[(FLAGS.indexOf(flags) + 1) % FLAGS.length]}`;
}

function rename(from, to) {
  try {
    renameSync(join(maildir, from), join(maildir, to));
    renames += 1;
  } catch (error) {
    // The gateway has marked or removed it meanwhile.
    if (error.code !== "ENOENT") throw error;
  }
}
