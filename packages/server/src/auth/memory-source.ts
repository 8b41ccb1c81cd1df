// Accounts held in memory: those of a users file, or of the command line.

import { nameTrouble } from "./account-name.js";
import type { AccountSource, StoredAccount } from "./account-source.js";
import { parseStoredSecret } from "./schemes/scheme-table.js";

export function createMemorySource(accounts: ReadonlyMap<string, StoredAccount>): AccountSource {
  const secrets = [...accounts.values()].map((account) => account.secret);
  return { find: (name) => accounts.get(name), secrets: () => secrets };
}

/** The account of `name:{SCHEME}hash`, or of `name:password` where the password stands as it is, colons and all. */
export function parseInlineAccount(
  text: string,
): { readonly account: StoredAccount } | { readonly what: string; readonly remedy: string } {
  const colon = text.indexOf(":");
  if (colon < 0) return { what: "there is no colon after the name", remedy: "write NAME:PASSWORD" };
  const name = text.slice(0, colon);
  const what = nameTrouble(name);
  if (what !== undefined) return { what, remedy: "use a name that can stand in a path" };
  const written = text.slice(colon + 1);
  const parsed = parseStoredSecret(/^\{[^}]*\}/.test(written) ? written : `{PLAIN}${written}`);
  if (parsed.type === "malformed") return parsed;
  return { account: { name, maildir: undefined, secret: parsed.secret } };
}
