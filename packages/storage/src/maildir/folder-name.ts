// From the name of a Maildir++ folder to its place. All folders of a Maildir stand in it, side by side, with their names dotted:
//
//   folder   = "INBOX" (in any case)         the Maildir itself
//            / part *( "." part )            `.Work.Invoices` in the Maildir
//   part     = 1*( any character but "." "/" and control characters )
//
// IMAP servers write names that are not ASCII in modified UTF-7 (RFC 3501 §5.1.3), and so do we; a name in ASCII stands as it is, so that
// the form on disk can be given, too. No name leads out of the Maildir.

import { Buffer } from "node:buffer";

/** Absolute path of the folder; undefined for what cannot be the name of one. */
export function maildirFolder(maildir: string, name: string): string | undefined {
  if (/^inbox$/i.test(name)) return maildir;
  if (UNFIT.test(name) || name.split(".").includes("")) return undefined;
  const entry = `.${isAscii(name) ? name : modifiedUtf7(name)}`;
  const path = `${maildir}/${entry}`;
  return entry.length <= MAX_NAME_OCTETS && Buffer.byteLength(path) <= MAX_PATH_OCTETS ? path : undefined;
}

const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

/** Runs of other characters as UTF-16 in base64 with `,` for `/` and without padding, between `&` and `-`; `&` itself as `&-`. */
function modifiedUtf7(text: string): string {
  return text.replace(/&|[^\x20-\x7e]+/g, (run) => (run === "&" ? "&-" : `&${base64Of(run)}-`));
}

function base64Of(text: string): string {
  return Buffer.from(text, "utf16le").swap16().toString("base64").replaceAll("/", ",").replace(/=+$/, "");
}

const UNFIT = /[/\p{Cc}\p{Cs}]/u;
const MAX_NAME_OCTETS = 255;
/** PATH_MAX of Linux, less the room for `/cur/` and a file name. */
const MAX_PATH_OCTETS = 4096 - 5 - 255;
