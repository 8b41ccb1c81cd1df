// A file name in new/ or cur/, as octets (one latin-1 character an octet):
//
//   file name   = unique-name *( "," field ) [ ":" info ]
//   field       = KEY "=" value          KEY: an upper-case letter, then upper-case letters or digits; value: no "," and no ":"
//   info        = "2," flags             flags: one letter each, in ASCII order; anything else is kept and never read
//   base name   = all before the first ":"
//
// The unique name is what identifies a message: it stays while flags change, while the file goes from new/ to cur/, and while
// tools add fields (`,S=` and `,W=` octets, mbsync's `,U=`). A comma that begins no field is part of it: in files copied by
// hand ("Report, January.eml") it sets messages apart.

/** Length of the unique name. */
export function uniqueLengthOf(name: string): number {
  const base = baseLengthOf(name);
  for (let comma = name.indexOf(","); comma >= 0 && comma < base; comma = name.indexOf(",", comma + 1)) {
    if (fieldValueAt(name, comma + 1, base) >= 0) return comma;
  }
  return base;
}

/** The unique name in a file name. */
export function uniqueNameIn(name: string): string {
  return name.slice(0, uniqueLengthOf(name));
}

/** The unique name in a path `new/…` or `cur/…`. */
export function uniqueNameOf(path: string): string {
  return uniqueNameIn(path.slice("new/".length));
}

/** Length of the base name: all before the info. */
export function baseLengthOf(name: string): number {
  const colon = name.indexOf(":");
  return colon < 0 ? name.length : colon;
}

/** The value of the field `,S=` (octets on disk) or `,W=` (octets with each line end as CRLF); -1 without one of 1–15 digits. */
export function octetHintOf(name: string, key: "S" | "W"): number {
  const at = name.indexOf(key === "S" ? ",S=" : ",W=");
  if (at < 0) return -1;
  let value = 0;
  let end = at + HINT_PREFIX;
  for (; isDigit(name.charCodeAt(end)); end++) {
    if (end - at === HINT_PREFIX + HINT_DIGITS) return -1;
    value = value * 10 + name.charCodeAt(end) - ZERO;
  }
  const isWhole = end === name.length || name.charCodeAt(end) === COMMA || name.charCodeAt(end) === COLON;
  return isWhole && end > at + HINT_PREFIX && at < baseLengthOf(name) ? value : -1;
}

/** `name` with an info, as each file in cur/ has one; as it is where that would be too long for a name: readers take it for no flags. */
export function withInfo(name: string): string {
  if (baseLengthOf(name) < name.length || name.length + NO_FLAGS.length > NAME_OCTETS_MAX) return name;
  return name + NO_FLAGS;
}

/** `name` with a field in which it differs from others of its unique name. */
export function numbered(name: string, number: number): string {
  const base = baseLengthOf(name);
  return `${name.slice(0, base)},N=${number}${name.slice(base)}`;
}

/** The flags of a `:2,` info; empty without one. */
export function flagsOf(name: string): string {
  const base = baseLengthOf(name);
  return name.startsWith(":2,", base) ? name.slice(base + 3) : "";
}

/** `name` with flag S (seen) in its info. An info of an unknown kind, or flags that are no letters, are left as they are. */
export function withSeenFlag(name: string): string {
  const base = name.slice(0, baseLengthOf(name));
  const info = name.slice(base.length);
  if (info !== "" && info !== ":" && !info.startsWith(":2,")) return name;
  const flags = flagsOf(name);
  if (flags.includes("S") || !ONLY_LETTERS.test(flags)) return name;
  const at = flags.split("").findIndex((flag) => flag > "S");
  return at < 0 ? `${base}:2,${flags}S` : `${base}:2,${flags.slice(0, at)}S${flags.slice(at)}`;
}

/** Where the value of a field at `at` begins; -1 if there is no field. */
function fieldValueAt(name: string, at: number, end: number): number {
  if (!isUpper(name.charCodeAt(at))) return -1;
  let next = at + 1;
  while (next < end && (isUpper(name.charCodeAt(next)) || isDigit(name.charCodeAt(next)))) next++;
  return next < end && name.charCodeAt(next) === EQUALS ? next + 1 : -1;
}

const isDigit = (octet: number): boolean => octet >= ZERO && octet <= NINE;
const isUpper = (octet: number): boolean => octet >= UPPER_A && octet <= UPPER_Z;

const NO_FLAGS = ":2,";
/** NAME_MAX of Linux; few file systems have less. */
const NAME_OCTETS_MAX = 255;
const ONLY_LETTERS = /^[A-Za-z]*$/;
const HINT_PREFIX = ",S=".length;
/** Below 2^53. */
const HINT_DIGITS = 15;
const ZERO = 0x30;
const NINE = 0x39;
const UPPER_A = 0x41;
const UPPER_Z = 0x5a;
const COMMA = 0x2c;
const COLON = 0x3a;
const EQUALS = 0x3d;
