// The names of the messages in a user's maildrop.

import { type MessageName, messageNamesOf, octetPath } from "@postigo/storage";
import { CommandError, errorCode, exitCodeOfFile } from "../exit-code.js";
import type { UserMaildrop, UserMaildrops } from "../user-maildrops.js";

/** Throws CommandError if new/ or cur/ cannot be listed. */
export const namesIn = async ({ roots }: UserMaildrops, { path }: UserMaildrop): Promise<readonly MessageName[]> => {
  const root = octetPath(path);
  try {
    return await messageNamesOf(await roots.of(root), root);
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    throw new CommandError(exitCodeOfFile(error), `${path}: its new/ or cur/ cannot be listed (${code})`);
  }
};
