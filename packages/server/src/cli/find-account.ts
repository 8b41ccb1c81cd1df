// The account of a name, from the sources of a configuration in their order.

import type { AccountSource, StoredAccount } from "../auth/account-source.js";
import { createMemorySource, parseInlineAccount } from "../auth/memory-source.js";
import { createUsersFileSource, UsersFileError } from "../auth/users-file-source.js";
import type { AccountsConfig, Config } from "../config/config.js";
import { CommandError, exitCodeOfFile } from "./exit-code.js";

export const findAccount = async (name: string, { accounts }: Config): Promise<StoredAccount | undefined> => {
  for (const config of accounts) {
    const source = config.type === "inline" ? inlineSource(config.users) : await fileSource(config);
    const account = await source.find(name);
    if (account !== undefined) return account;
  }
  return undefined;
};

const inlineSource = (users: readonly string[]): AccountSource =>
  createMemorySource(
    new Map(
      users.flatMap((user) => {
        const parsed = parseInlineAccount(user);
        return "account" in parsed ? [[parsed.account.name, parsed.account] as const] : [];
      }),
    ),
  );

const fileSource = async ({ path }: AccountsConfig & { type: "users-file" }): Promise<AccountSource> => {
  try {
    return (await createUsersFileSource(path).load()).source;
  } catch (error) {
    if (!(error instanceof UsersFileError)) throw error;
    throw new CommandError(exitCodeOfFile(error.cause), `${path}: ${error.message}`);
  }
};
