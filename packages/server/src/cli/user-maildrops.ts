// The maildrops of a configuration, for commands that change them: found by the name of a user, and taken under the lock that
// sessions take, as the user whom the mail belongs to.

import { existsSync, lstatSync, statSync } from "node:fs";
import { createStorageRoots, type StorageRoot, type StorageRoots } from "@postigo/storage";
import { systemClock } from "../clock.js";
import type { Config } from "../config/config.js";
import { dropPrivileges, PrivilegeError } from "../lifecycle/privileges.js";
import { createLockOverRoots } from "../lock/lock-over-roots.js";
import type { LockOutcome, MaildropLock } from "../lock/maildrop-lock.js";
import { CommandError, EXIT, errorCode, exitCodeOfFile } from "./exit-code.js";
import { loadAccounts } from "./find-account.js";
import { findConfig } from "./find-config.js";
import { maildropNamed, noSuchFolder, placeOf, type UserMaildrop } from "./maildrop-name.js";
import { type Parsed, textOf } from "./options.js";

export type { UserMaildrop } from "./maildrop-name.js";

export interface UserMaildrops {
  readonly config: Config;
  readonly roots: StorageRoots<StorageRoot>;
  /** Throws CommandError: no such account, or a name that the template has no place for. A folder is none either. */
  of(user: string): UserMaildrop;
  /** The same, where a folder of an account may be named as for a login: `USER+Folder`. */
  named(name: string): UserMaildrop;
  /** Of every account, in the order of the sources; accounts that share a maildrop stand there once, under the first name. */
  all(): readonly UserMaildrop[];
  /** That of the user whom `userOrAll` has found, or all that exist. Throws CommandError as `of` does. */
  chosen(user: string | undefined): readonly UserMaildrop[];
  /**
   * Does the work while no session can run. Throws CommandError if the maildrop is in use, or belongs to somebody else. `mayGoOn` is
   * false once the lock is lost.
   */
  underLock<T>(maildrop: UserMaildrop, work: (mayGoOn: () => boolean) => Promise<T>): Promise<T>;
  /** Lets go of what locks are held. */
  close(): void;
}

/** The USER that was named; undefined for `--all`. Throws CommandError unless it is one of the two. */
export const userOrAll = (parsed: Parsed, question = "whose maildrop?"): string | undefined => {
  const user = textOf(parsed, "user");
  if ((user === undefined) === (parsed["all"] === true)) return user;
  throw new CommandError(EXIT.usage, `${question} Name one USER, or say --all`);
};

/** Of a maildrop that could not be worked on. What no disk can do is thrown again. */
export const problemOf = (error: unknown, { path }: UserMaildrop): CommandError => {
  if (error instanceof CommandError) return error;
  const code = errorCode(error);
  if (code === undefined) throw error;
  return new CommandError(exitCodeOfFile(error), `${path} cannot be looked through (${code})`);
};

/** Reads configuration and accounts, then becomes `user:`, as `serve` does. Throws CommandError. */
export const openUserMaildrops = async (parsed: Parsed): Promise<UserMaildrops> => {
  const { config } = findConfig({ file: textOf(parsed, "config"), flags: {}, env: process.env });
  const accounts = await loadAccounts(config);
  becomeMailUser(config);
  const place = placeOf(config.spool);
  const paths = new Map(accounts.map(({ name, maildir }) => [name, maildir ?? place(name)] as const));
  const byName = new Map(accounts.map((account) => [account.name, account] as const));
  const named = (name: string): UserMaildrop => maildropNamed(name, config, (user) => byName.get(user));
  const of = (user: string): UserMaildrop => wholeMaildrop(named(user));
  const roots = createStorageRoots({ io: config.spool.io, monotonic: () => systemClock.monotonic() });
  const lock = createLockOverRoots({ ...config.lock, roots, clock: systemClock, onEvent: () => undefined });
  return {
    config,
    roots,
    of,
    named,
    all: () => distinct(paths),
    chosen: (user) => (user === undefined ? distinct(paths).filter(({ path }) => existsSync(path)) : [of(user)]),
    underLock: (maildrop, work) => underLock(lock, maildrop, work),
    close: () => lock.close(),
  };
};

const becomeMailUser = (config: Config): void => {
  try {
    dropPrivileges(config);
  } catch (error) {
    if (!(error instanceof PrivilegeError)) throw error;
    throw new CommandError(EXIT.noPermission, error.message);
  }
};

const wholeMaildrop = (maildrop: UserMaildrop): UserMaildrop => {
  if (maildrop.folderOf === undefined) return maildrop;
  throw new CommandError(EXIT.usage, `"${maildrop.user}" is a folder; this command works on whole maildrops`);
};

const distinct = (paths: ReadonlyMap<string, string | undefined>): readonly UserMaildrop[] => {
  const byPath = new Map<string, UserMaildrop>();
  for (const [user, path] of paths) if (path !== undefined && !byPath.has(path)) byPath.set(path, { user, path });
  return [...byPath.values()];
};

const underLock = async <T>(
  lock: MaildropLock,
  { user, path, folderOf }: UserMaildrop,
  work: (mayGoOn: () => boolean) => Promise<T>,
): Promise<T> => {
  expectToBeOwner(folderOf ?? path);
  if (folderOf !== undefined) expectFolder(path);
  const request = { session: "postigo", user, peer: "", signal: new AbortController().signal };
  const locked = await lock.acquire(path, request);
  if (locked.type !== "held") throw refusal(path, locked);
  let isOurs = true;
  locked.lease.onLost(() => {
    isOurs = false;
  });
  try {
    return await work(() => isOurs);
  } finally {
    await locked.lease.release();
  }
};

/** What root writes into the mail of others, the server that runs as they could not read. */
const expectToBeOwner = (path: string): void => {
  const owner = ownerOf(path);
  if (process.geteuid?.() !== 0 || owner === 0) return;
  const remedy = `run the command as that user (sudo -u '#${owner}' postigo …), or set user: in the configuration`;
  throw new CommandError(EXIT.noPermission, `${path} belongs to user ${owner}, and this is root; ${remedy}`);
};

const expectFolder = (path: string): void => {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw noSuchFolder(path);
};

const ownerOf = (path: string): number => {
  try {
    return statSync(path).uid;
  } catch (error) {
    throw new CommandError(exitCodeOfFile(error), `${path} cannot be reached (${errorCode(error)})`);
  }
};

const refusal = (path: string, locked: Exclude<LockOutcome, { type: "held" }>): CommandError => {
  if (locked.type === "unavailable") {
    return new CommandError(exitCodeOfFile(locked.cause), `${path} cannot be locked: ${String(locked.cause)}`);
  }
  const { holder } = locked;
  const by = holder === undefined ? "another session" : `process ${holder.pid} on ${holder.host}`;
  return new CommandError(EXIT.unavailable, `${path} is locked by ${by}; try again when its session is over`);
};
