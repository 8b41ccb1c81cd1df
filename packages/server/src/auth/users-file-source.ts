// Accounts from a users file, held in memory. A reload makes a new source; the old one is dropped.

import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { AccountSource, StoredAccount } from "./account-source.js";
import { createMemorySource } from "./memory-source.js";
import { LIBCRYPT_SCHEMES } from "./schemes/crypt/crypt.js";
import { type CryptEngine, cryptEngine } from "./schemes/crypt/crypt-engine.js";
import { parseUsersFile, type UsersFileProblem } from "./users-file.js";

export interface UsersFileSource {
  readonly path: string;
  /**
   * Reads the file. Throws `UsersFileError` if it cannot be read at all; bad lines are problems, and cost one account each.
   * A problem of the whole file stands at line 0.
   */
  load(): Promise<LoadedUsersFile>;
}

export interface LoadedUsersFile {
  readonly source: AccountSource;
  /** By name, in the order of the file. */
  readonly accounts: ReadonlyMap<string, StoredAccount>;
  readonly count: number;
  readonly problems: readonly UsersFileProblem[];
}

export function createUsersFileSource(path: string): UsersFileSource {
  return { path, load: () => load(path) };
}

/** A users file that cannot be used at all. */
export class UsersFileError extends Error {
  readonly code: "unreadable" | "not-a-file" | "too-large";
  readonly path: string;

  constructor(code: UsersFileError["code"], path: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "UsersFileError";
    this.code = code;
    this.path = path;
  }
}

async function load(path: string): Promise<LoadedUsersFile> {
  const file = await openFile(path);
  try {
    const { mode } = await usableStat(file, path);
    const octets = await file.readFile();
    const { accounts, problems } = parseUsersFile(octets.toString("utf8"));
    const source = createMemorySource(accounts);
    const ofTheFile = [...modeProblems(mode), ...(await schemeProblems(source, cryptEngine))];
    return { source, accounts, count: accounts.size, problems: [...ofTheFile, ...problems] };
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    // O_NONBLOCK: a FIFO in the file's place must not hold the start up.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw new UsersFileError("unreadable", path, "the users file cannot be opened", cause);
  }
}

async function usableStat(file: FileHandle, path: string): Promise<{ readonly mode: number }> {
  const stat = await file.stat();
  if (!stat.isFile()) throw new UsersFileError("not-a-file", path, "the users file is not a regular file");
  if (stat.size > MOST_OCTETS)
    throw new UsersFileError("too-large", path, `the users file is over ${MOST_OCTETS} octets`);
  return stat;
}

/** Half a million accounts; more belong into a database. */
const MOST_OCTETS = 64 * 1024 * 1024;

function modeProblems(mode: number): readonly UsersFileProblem[] {
  if ((mode & constants.S_IROTH) === 0) return [];
  return [problemOfTheFile("every user of this machine can read the password hashes", "chmod o-r the file")];
}

/** Accounts whose hashes this host cannot compute stay, and are told as misconfigured when they log in. */
export async function schemeProblems(
  source: AccountSource,
  engine: () => Promise<CryptEngine>,
): Promise<readonly UsersFileProblem[]> {
  const stuck = source.secrets().filter(({ scheme }) => LIBCRYPT_SCHEMES.includes(scheme)).length;
  // The engine is asked for only where it matters: it loads a native library.
  if (stuck === 0 || (await engine()).name === "libcrypt") return [];
  const what = `${stuck} accounts have hashes that this host cannot compute (MD5-CRYPT, DES-CRYPT or yescrypt)`;
  return [
    problemOfTheFile(what, "install libcrypt and the optional package koffi, or make new hashes with `postigo hash`"),
  ];
}

function problemOfTheFile(what: string, remedy: string): UsersFileProblem {
  return { line: 0, column: 0, what, remedy };
}
