// Options that name a file or folder for each user, with the variables of spool.maildir.

import { resolve } from "node:path";
import { parseMaildirTemplate } from "../../maildrop/maildir-path.js";
import { CommandError, EXIT } from "../exit-code.js";
import { type Parsed, textOf } from "../options.js";

/** undefined: the option was not given. Throws CommandError, also later for a user whose name has no place in it. */
export const placeOption = (parsed: Parsed, option: string): ((user: string) => string) | undefined => {
  const text = textOf(parsed, option);
  if (text === undefined) return undefined;
  const template = parseMaildirTemplate(resolve(text));
  if (template.type === "problem") {
    throw new CommandError(EXIT.usage, `--${option}: ${template.what}; ${template.remedy}`);
  }
  return (user) => {
    const path = template.path(user);
    if (path !== undefined) return path;
    throw new CommandError(EXIT.usage, `--${option}: "${user}" lacks a part that it asks for: ${text}`);
  };
};
