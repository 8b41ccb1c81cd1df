// The maildrop that a name stands for on the command line: that of an account, or with folders turned on one of its folders
// (`USER+Folder`), read as a login reads it. Nobody has to prove anything here, so what is wrong is said.

import { maildirFolder } from "@postigo/storage";
import type { StoredAccount } from "../auth/account-source.js";
import { type NameReading, readingsOf } from "../auth/name-reading.js";
import type { Config, SpoolConfig } from "../config/config.js";
import { parseMaildirTemplate } from "../maildrop/maildir-path.js";
import { CommandError, EXIT } from "./exit-code.js";

export interface UserMaildrop {
  /** As it was named. */
  readonly user: string;
  /** Absolute path; need not exist. */
  readonly path: string;
  /** The Maildir that it is a folder of. */
  readonly folderOf?: string;
}

export type FindAccount = (name: string) => Pick<StoredAccount, "name" | "maildir"> | undefined;

/** Throws CommandError: no such account, no name of a folder, or a name that the template has no place for. */
export const maildropNamed = (name: string, { spool }: Pick<Config, "spool">, account: FindAccount): UserMaildrop => {
  for (const reading of readingsOf(name, { folderSeparator: spool.folderSeparator, recent: false })) {
    const found = account(reading.user);
    if (found !== undefined) return maildropOf(name, reading, maildirOf(found, spool));
  }
  throw new CommandError(EXIT.missingInput, `no account is called "${name}"`);
};

/** undefined: the template asks for a part that the name lacks. */
export const placeOf = ({ maildir }: SpoolConfig): ((name: string) => string | undefined) => {
  const template = parseMaildirTemplate(maildir);
  return (name) => (template.type === "template" ? template.path(name) : undefined);
};

/** As for a login: what does not exist is not made, and a link in its place is not followed. */
export const noSuchFolder = (path: string): CommandError =>
  new CommandError(EXIT.missingInput, `${path} is no folder: it does not exist, or is a link`);

const maildirOf = ({ name, maildir }: Pick<StoredAccount, "name" | "maildir">, spool: SpoolConfig): string => {
  const path = maildir ?? placeOf(spool)(name);
  if (path !== undefined) return path;
  throw new CommandError(EXIT.configuration, `"${name}" lacks a part that spool.maildir asks for: ${spool.maildir}`);
};

const maildropOf = (user: string, { folder }: NameReading, home: string): UserMaildrop => {
  if (folder === undefined) return { user, path: home };
  const path = maildirFolder(home, folder);
  if (path === undefined) throw new CommandError(EXIT.usage, `"${user}": no folder can be called "${folder}"`);
  return path === home ? { user, path } : { user, path, folderOf: home };
};
