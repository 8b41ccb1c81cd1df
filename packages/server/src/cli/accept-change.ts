// `postigo accept-change`: forgets what a maildrop held, so that another one in its place is let pass.

import { forgetAllRecords, forgetRecords } from "../canary/canary-files.js";
import { canaryDirectory } from "../canary/create-canary.js";
import { CommandError, EXIT, errorCode, exitCodeOfFile } from "./exit-code.js";
import type { Parsed } from "./options.js";
import type { Terminal } from "./terminal.js";
import { openUserMaildrops, type UserMaildrops, userOrAll } from "./user-maildrops.js";

export const acceptChange = async (parsed: Parsed, terminal: Terminal): Promise<number> => {
  const user = userOrAll(parsed, "whose maildrop may be another one?");
  const maildrops = await openUserMaildrops(parsed);
  try {
    const { directory, maildrop, forgotten } = await accept(maildrops, user);
    if (parsed["json"] === true) {
      terminal.out(
        `${JSON.stringify({ user: user ?? null, maildrop: maildrop ?? null, directory, forgotten }, undefined, 2)}\n`,
      );
    } else terminal.err(`${summary(user, forgotten)}\n`);
    return EXIT.ok;
  } finally {
    maildrops.close();
  }
};

interface Accepted {
  readonly directory: string;
  /** undefined: all. */
  readonly maildrop: string | undefined;
  readonly forgotten: number;
}

const accept = async (maildrops: UserMaildrops, user: string | undefined): Promise<Accepted> => {
  const directory = canaryDirectory(maildrops.config, process.env);
  if (directory === undefined) throw new CommandError(EXIT.configuration, IN_MEMORY);
  const maildrop = user === undefined ? undefined : maildrops.named(user).path;
  try {
    const forgotten =
      maildrop === undefined ? await forgetAllRecords(directory) : await forgetRecords(directory, maildrop);
    return { directory, maildrop, forgotten };
  } catch (error) {
    throw new CommandError(
      exitCodeOfFile(error),
      `${directory} cannot be changed (${errorCode(error)}); run the command as the user that Postigo runs as`,
    );
  }
};

const summary = (user: string | undefined, forgotten: number): string => {
  const whose = user === undefined ? "all maildrops" : user;
  if (forgotten === 0) return `${whose}: nothing was remembered, nothing is refused`;
  return `${whose}: the next login is let pass (${forgotten} ${forgotten === 1 ? "record" : "records"} forgotten)`;
};

const IN_MEMORY =
  "canary.directory is not set: the running server remembers by itself; restart it, or name its directory (POSTIGO_CANARY_DIRECTORY)";
