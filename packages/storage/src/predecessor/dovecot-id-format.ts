// The template by which Dovecot makes a unique-id where its list holds none (its setting `pop3_uidl_format`), in both syntaxes:
//
//   template = *( literal / "%%" / old / new )
//   old      = "%" [ "0" ] [ width ] *modifier ( letter / "{" name "}" )      Dovecot up to 2.3: %08Xu%08Xv
//   new      = "%{" name *( "|" filter [ "(" width ")" ] ) "}"                from 2.4: %{uid | hex(8)}
//   letter   = "u" / "v" / "f" / "g"                                          uid, uidvalidity, filename, guid
//   modifier = "X" / "L" / "U"           hexadecimal, lower case, upper case
//   filter   = "hex" / "lower" / "upper"
//
// A width with "0" fills up with zeros and never cuts; without it, it cuts and never fills, as in Dovecot. md5 ("m") is for mbox only, and what
// else a template may ask for is refused: a guess would make every client fetch everything again. Source: Dovecot, src/lib/var-expand.c.

export interface IdFacts {
  readonly uid: number;
  readonly validity: number;
  /** The base name: all before the info. */
  readonly filename: string;
  readonly guid: string;
}

export type IdFormat = (facts: IdFacts) => string;

/** Templates by the name of the server whose ids they imitate; `dovecot` is Dovecot's own default. */
export const ID_FORMATS: ReadonlyMap<string, string> = new Map([
  ["dovecot", "%08Xu%08Xv"],
  ["dovecot-0.99", "%v.%u"],
  ["uw", "%08Xv%08Xu"],
  ["cyrus", "%v.%u"],
  ["cyrus-old", "%u"],
  ["courier", "%v-%u"],
  ["courier-old", "%f"],
  ["qmail", "%f"],
  ["guid", "%g"],
]);

/** The format of a preset or a template; a text says what in it is not understood. */
export function parseIdFormat(text: string): IdFormat | string {
  const template = ID_FORMATS.get(text) ?? text;
  const parts: IdFormat[] = [];
  let hasVariable = false;
  for (const [token] of template.matchAll(TOKEN)) {
    const part = token.startsWith("%") ? partOf(token) : literal(token);
    if (typeof part === "string") return part;
    parts.push(part);
    hasVariable ||= token.startsWith("%") && token !== "%%";
  }
  if (!hasVariable) return `"${text}" is no preset, and has no variable: all messages would have one id`;
  return (facts) => parts.map((part) => part(facts)).join("");
}

function partOf(token: string): IdFormat | string {
  if (token === "%%") return literal("%");
  const old = OLD.exec(token);
  if (old !== null) return oldPart(token, old);
  const piped = PIPED.exec(token);
  if (piped === null) return `"${token}" is no variable`;
  const [name = "", ...filters] = (piped[1] ?? "").split("|").map((word) => word.trim());
  return withSteps(token, VARIABLES.get(name), filters.map(filterOf));
}

function oldPart(
  token: string,
  [, zero, width = "", modifiers = "", letter, name]: RegExpExecArray,
): IdFormat | string {
  const steps: (Step | undefined)[] = [...modifiers].map((modifier) => STEPS.get(modifier));
  const octets = width === "" ? 0 : Number.parseInt(width, 10);
  if (octets > 0) steps.push(zero === "0" ? padded(octets) : cut(octets));
  return withSteps(token, VARIABLES.get(letter ?? name ?? ""), steps);
}

function withSteps(
  token: string,
  variable: Variable | undefined,
  steps: readonly (Step | undefined)[],
): IdFormat | string {
  if (variable === undefined) return `"${token}" has no variable that a Maildir can fill: u, v, f, g`;
  const known = steps.filter((step) => step !== undefined);
  if (known.length < steps.length) return `"${token}" has a filter that is not known here: hex, lower, upper`;
  return (facts) => known.reduce((value, step) => step(value), `${facts[variable]}`);
}

function filterOf(text: string): Step | undefined {
  const [, name = "", width] = FILTER.exec(text) ?? [];
  if (name === "hex") return (value) => padded(Number.parseInt(width ?? "0", 10))(hexOf(value));
  return width === undefined ? FILTERS.get(name) : undefined;
}

type Variable = keyof IdFacts;
type Step = (value: string) => string;

const literal = (text: string) => (): string => text;
const padded =
  (width: number) =>
  (value: string): string =>
    value.padStart(width, "0");
const cut =
  (width: number) =>
  (value: string): string =>
    value.slice(0, width);
// What is no number counts as zero, as it does in Dovecot.
const hexOf = (value: string): string => (/^\d{1,15}$/.test(value) ? Number.parseInt(value, 10) : 0).toString(16);
const lower = (value: string): string => value.toLowerCase();
const upper = (value: string): string => value.toUpperCase();

const TOKEN = /%\{[^}]*\}?|%%|%0?\d*[A-Z]*(?:[a-z]|\{[^}]*\})|%|[^%]+/gs;
const OLD = /^%(0?)(\d{0,3})([A-Z]*)(?:([a-z])|\{([a-z0-9]+)\})$/;
const PIPED = /^%\{([^}]*)\}$/;
const FILTER = /^([a-z0-9]+)(?:\((\d{1,2})\))?$/;
const STEPS: ReadonlyMap<string, Step> = new Map([
  ["X", hexOf],
  ["L", lower],
  ["U", upper],
]);
const FILTERS: ReadonlyMap<string, Step> = new Map([
  ["lower", lower],
  ["upper", upper],
]);
const VARIABLES: ReadonlyMap<string, Variable> = new Map<string, Variable>([
  ["u", "uid"],
  ["uid", "uid"],
  ["v", "validity"],
  ["uidvalidity", "validity"],
  ["f", "filename"],
  ["filename", "filename"],
  ["g", "guid"],
  ["guid", "guid"],
]);
