// Which user names may name a maildrop. A name becomes part of a path, so one that could leave the spool is no name at all.

/** Why `name` cannot be an account's name, or undefined if it can. `local@domain` is split at the last `@`. */
export function nameTrouble(name: string): string | undefined {
  if (name === "") return "the name is empty";
  if (name.includes("/")) return "the name holds a slash";
  if (UNPRINTABLE.test(name)) return "the name holds a control or undecodable character";
  if (name.trim() !== name) return "the name begins or ends with white space";
  const at = name.lastIndexOf("@");
  const parts = at < 0 ? [name] : [name.slice(0, at), name.slice(at + 1)];
  if (parts.includes("")) return "nothing stands before or after the @";
  if (parts.some((part) => part.startsWith("."))) return "the name, or its domain, begins with a dot";
  if (Buffer.byteLength(name) > MOST_OCTETS) return `the name is longer than ${MOST_OCTETS} octets`;
  return undefined;
}

/** Control characters, halves of surrogate pairs, and what a decoder puts in the place of octets that are no UTF-8. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\ufffd\u2028\u2029]/u;

/** NAME_MAX of every file system a Maildir may stand on. */
const MOST_OCTETS = 255;
