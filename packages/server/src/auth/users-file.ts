// The users file.
//
//   file    = *( line LF )                      UTF-8; a CR before the LF and a byte order mark are let pass
//   line    = blank / "#" comment / account
//   account = name ":" secret [ ":" uid ":" gid ":" gecos ":" home ":" shell [ ":" extra ] ]
//   secret  = "{" scheme "}" hash / hash        without braces: only a hash that begins with "$" and tells its kind
//   extra   = field *( SP field )               may hold colons
//   field   = "maildir=" path / "userdb_mail=maildir:" path [ ":" options ] / key [ "=" value ]
//   path    = absolute, or relative to home; "~/" is home
//
// It is the passwd-file of Dovecot, of which Courier's and the system's own are beginnings. uid, gid, gecos, shell and
// other extra fields are of no use to a POP3 server and are not looked at. One bad line loses one account, with a
// warning that names line and column; it never loses the file.

import { posix } from "node:path";
import { nameTrouble } from "./account-name.js";
import type { StoredAccount } from "./account-source.js";
import { parseStoredSecret } from "./schemes/scheme-table.js";

export interface UsersFile {
  readonly accounts: ReadonlyMap<string, StoredAccount>;
  readonly problems: readonly UsersFileProblem[];
}

/** One line that could not be used. Its texts never hold any of the secret. */
export interface UsersFileProblem {
  /** From 1. */
  readonly line: number;
  /** From 1, in characters: where the trouble begins. */
  readonly column: number;
  readonly what: string;
  readonly remedy: string;
}

export function parseUsersFile(text: string): UsersFile {
  const accounts = new Map<string, StoredAccount>();
  const problems: UsersFileProblem[] = [];
  for (const [index, raw] of text
    .replace(/^\ufeff/, "")
    .split("\n")
    .entries()) {
    const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
    if (/^\s*(?:#|$)/.test(line)) continue;
    const entry = parseLine(line);
    if (entry.type === "trouble") problems.push({ line: index + 1, ...entry.trouble });
    else if (accounts.has(entry.account.name)) problems.push({ line: index + 1, ...DUPLICATE });
    else accounts.set(entry.account.name, entry.account);
  }
  return { accounts, problems };
}

type Trouble = Omit<UsersFileProblem, "line">;
type Entry =
  | { readonly type: "account"; readonly account: StoredAccount }
  | { readonly type: "trouble"; readonly trouble: Trouble };

const DUPLICATE: Trouble = {
  column: 1,
  what: "the name stands in an earlier line already, which stays in force",
  remedy: "remove one of the two",
};

function parseLine(line: string): Entry {
  const fields = splitFields(line);
  const name = fields[FIELD.name]?.text ?? "";
  const secret = fields[FIELD.secret];
  if (secret === undefined)
    return trouble(line.length + 1, "there is no colon after the name", "write name:{SCHEME}hash");
  const badName = nameTrouble(name);
  if (badName !== undefined) return trouble(1, badName, "use a name that can stand in a path, like local@domain");
  const parsed = parseStoredSecret(secret.text);
  if (parsed.type === "malformed") return trouble(secret.column, parsed.what, parsed.remedy);
  const maildir = maildirOf(fields);
  if (maildir.type === "trouble") return maildir;
  return { type: "account", account: { name, maildir: maildir.path, secret: parsed.secret } };
}

function trouble(column: number, what: string, remedy: string): Entry & { type: "trouble" } {
  return { type: "trouble", trouble: { column, what, remedy } };
}

interface Field {
  readonly text: string;
  readonly column: number;
}

const FIELD = { name: 0, secret: 1, home: 5, extra: 7 } as const;

/** The fields with their columns; the eighth goes to the end of the line. */
function splitFields(line: string): readonly Field[] {
  const fields: Field[] = [];
  let start = 0;
  while (fields.length < FIELD.extra) {
    const colon = line.indexOf(":", start);
    if (colon < 0) break;
    fields.push({ text: line.slice(start, colon), column: start + 1 });
    start = colon + 1;
  }
  fields.push({ text: line.slice(start), column: start + 1 });
  return fields;
}

type MaildirOutcome = { readonly type: "path"; readonly path: string | undefined } | (Entry & { type: "trouble" });

function maildirOf(fields: readonly Field[]): MaildirOutcome {
  const written = writtenMaildir(fields[FIELD.extra]);
  if (written === undefined) return { type: "path", path: undefined };
  const { text, column } = written;
  if (text === "" || /\p{Cc}/u.test(text)) return trouble(column, "the maildir is no path", "write maildir=/path");
  if (text.includes("%")) return trouble(column, "the maildir holds a %: nothing is put in here", "write the path out");
  if (text.startsWith("/")) return { type: "path", path: posix.normalize(text) };
  const home = fields[FIELD.home]?.text ?? "";
  if (!home.startsWith("/")) {
    return trouble(column, "the maildir is relative, and there is no absolute home", "write an absolute path");
  }
  return { type: "path", path: posix.join(home, text.replace(/^~\//, "")) };
}

/** Our own key goes before Dovecot's. */
function writtenMaildir(extra: Field | undefined): Field | undefined {
  return (
    extra && (fieldValue(extra, /(?<=^| )maildir=([^ ]*)/) ?? fieldValue(extra, /(?<=^| )userdb_mail=maildir:([^ :]*)/))
  );
}

function fieldValue(extra: Field, pattern: RegExp): Field | undefined {
  const found = pattern.exec(extra.text);
  if (found === null) return undefined;
  return { text: found[1] ?? "", column: extra.column + found.index };
}
