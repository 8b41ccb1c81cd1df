// The user whom mail belongs to where a test must run as root and a mail server refuses mail of root.

import { chownSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** A number that nobody has. */
export const MAIL_OWNER = 5000;

/** Gives away everything at and below `path`; names are octets. */
export function giveToMailOwner(path: string): void {
  chownSync(Buffer.from(path, "latin1"), MAIL_OWNER, MAIL_OWNER);
  for (const entry of readdirSync(Buffer.from(path, "latin1"), { withFileTypes: true, encoding: "latin1" })) {
    const below = join(path, entry.name);
    if (entry.isDirectory()) giveToMailOwner(below);
    else chownSync(Buffer.from(below, "latin1"), MAIL_OWNER, MAIL_OWNER);
  }
}
