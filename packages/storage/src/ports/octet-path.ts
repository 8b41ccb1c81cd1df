// Paths as octets: Maildir names may hold any octet but NUL and `/`, so they travel as latin-1 strings, one character an octet.

import { Buffer } from "node:buffer";

/** The octets of a path that came as text. */
export function octetPath(text: string): string {
  return EIGHT_BIT.test(text) ? Buffer.from(text, "utf8").toString("latin1") : text;
}

/** An octet path as Node wants it: text while it is ASCII, else a Buffer. */
export function nativePath(path: string): string | Buffer {
  return EIGHT_BIT.test(path) ? Buffer.from(path, "latin1") : path;
}

const EIGHT_BIT = /[^\0-\x7f]/;
