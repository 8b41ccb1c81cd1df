// The accounts of a configuration, from its sources in their order: the first that knows a name decides.

import type { StoredAccount } from "../auth/account-source.js";
import { parseInlineAccount } from "../auth/memory-source.js";
import { createUsersFileSource, UsersFileError } from "../auth/users-file-source.js";
import type { AccountsConfig, Config } from "../config/config.js";
import { CommandError, exitCodeOfFile } from "./exit-code.js";

/** Throws CommandError for a source that cannot be read. */
export const loadAccounts = async ({ accounts }: Config): Promise<readonly StoredAccount[]> => {
  const found = new Map<string, StoredAccount>();
  for (const config of accounts) {
    for (const account of await accountsOf(config)) if (!found.has(account.name)) found.set(account.name, account);
  }
  return [...found.values()];
};

const accountsOf = async (config: AccountsConfig): Promise<readonly StoredAccount[]> => {
  if (config.type === "users-file") return fileAccounts(config);
  return config.users.flatMap((user) => {
    const parsed = parseInlineAccount(user);
    return "account" in parsed ? [parsed.account] : [];
  });
};

const fileAccounts = async ({ path }: AccountsConfig & { type: "users-file" }): Promise<readonly StoredAccount[]> => {
  try {
    return [...(await createUsersFileSource(path).load()).accounts.values()];
  } catch (error) {
    if (!(error instanceof UsersFileError)) throw error;
    throw new CommandError(exitCodeOfFile(error.cause), `${path}: ${error.message}`);
  }
};
