// A password scheme: how a stored text is taken apart. The table of all of them is `scheme-table.ts`.

import type { StoredSecret } from "../stored-secret.js";

export interface Scheme {
  /** As it stands between the braces, upper case. */
  readonly name: string;
  readonly aliases?: readonly string[];
  /** `text` is what follows `{SCHEME}`. */
  parse(text: string, encoding: SecretEncoding): ParsedSecret;
}

/** Binary parts are base64 unless the scheme's name says otherwise (`{SSHA256.HEX}`) or their length does. */
export type SecretEncoding = "base64" | "hex" | "either";

export type ParsedSecret =
  | { readonly type: "secret"; readonly secret: StoredSecret }
  /** `what` and `remedy` never repeat any of the stored text. */
  | { readonly type: "malformed"; readonly what: string; readonly remedy: string };

export function malformed(what: string, remedy: string): ParsedSecret {
  return { type: "malformed", what, remedy };
}
