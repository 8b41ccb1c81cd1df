// `postigo hash`: a password → the hash that stands in the users file.

import {
  HASHABLE_SCHEMES,
  type HashableScheme,
  hashPassword,
  PasswordNotUsableError,
} from "../auth/schemes/hash-password.js";
import { SchemeUnsupportedError } from "../auth/stored-secret.js";
import { nearest } from "../config/suggestion.js";
import { CommandError, EXIT } from "./exit-code.js";
import { type Parsed, textOf } from "./options.js";
import { readPassword } from "./password-input.js";
import type { Terminal } from "./terminal.js";

export const hash = async (parsed: Parsed, terminal: Terminal): Promise<number> => {
  const scheme = schemeOf(textOf(parsed, "scheme"));
  const password = await readPassword(terminal);
  terminal.out(`${await hashOf(password, scheme)}\n`);
  return EXIT.ok;
};

const schemeOf = (written: string | undefined): HashableScheme => {
  if (written === undefined) return HASHABLE_SCHEMES[0];
  const name = written.toUpperCase().replace(/^\{(.*)\}$/, "$1");
  const scheme = HASHABLE_SCHEMES.find((candidate) => candidate === name);
  if (scheme !== undefined) return scheme;
  const near = nearest(name, HASHABLE_SCHEMES);
  const remedy = near === undefined ? `there are ${HASHABLE_SCHEMES.join(", ")}` : `did you mean ${near}?`;
  throw new CommandError(EXIT.usage, `--scheme: ${written} cannot be made; ${remedy}`);
};

const hashOf = async (password: Uint8Array, scheme: HashableScheme): Promise<string> => {
  try {
    return await hashPassword(password, scheme);
  } catch (error) {
    if (error instanceof PasswordNotUsableError) throw new CommandError(EXIT.usage, `${error.message}; choose another`);
    if (!(error instanceof SchemeUnsupportedError)) throw error;
    throw new CommandError(EXIT.unavailable, `this host cannot compute ${scheme}; choose another with --scheme`);
  }
};
