// What a valid configuration names must also be there: certificates, users files, the spool, places to write to.

import { accessSync, constants, existsSync, readdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { parseInlineAccount } from "../auth/memory-source.js";
import { createUsersFileSource, UsersFileError } from "../auth/users-file-source.js";
import type { AccountsConfig, Config } from "../config/config.js";
import { privilegeProblem } from "../lifecycle/privileges.js";
import { parseMaildirTemplate } from "../maildrop/maildir-path.js";
import { examineCertificates } from "./certificate-examination.js";
import { type Discovery, defect, fault, warning } from "./discovery.js";
import { CommandError, EXIT, errorCode, exitCodeOfFile, exitCodeOfLog } from "./exit-code.js";

/** Looks at everything a configuration names. Changes nothing, never rejects. `now`: milliseconds since 1970. */
export const examine = async (config: Config, now: number): Promise<readonly Discovery[]> => [
  ...examineCertificates(config, now),
  ...(await Promise.all(config.accounts.map(examineAccounts))).flat(),
  ...examinePlaces(config),
  ...examineLog(config.log.file),
  ...examineUser(config),
];

/** Throws CommandError with all of them that no server can live with. */
export const refuseFaults = (discoveries: readonly Discovery[]): void => {
  const faults = discoveries.filter(({ severity }) => severity === "fault");
  const [first] = faults;
  if (first === undefined) return;
  throw new CommandError(
    first.code,
    faults.map(({ where, message }) => (where === "" ? message : `${where}: ${message}`)).join("\n"),
  );
};

/** The directories that may come later. */
export const examinePlaces = ({ spool, lock, canary }: Config): readonly Discovery[] => [
  ...examineSpool(spool.maildir),
  ...examineDirectory("lock.directory", lock.directory),
  ...(canary.enabled ? examineDirectory("canary.directory", nearestOf(canary.directory)) : []),
];

const examineAccounts = async (source: AccountsConfig): Promise<readonly Discovery[]> =>
  source.type === "inline" ? examineInline(source.users) : examineUsersFile(source.path);

/** The texts hold passwords: they are named by their place. */
const examineInline = (users: readonly string[]): readonly Discovery[] =>
  users.flatMap((user, position) => {
    const parsed = parseInlineAccount(user);
    if ("account" in parsed) return [];
    return [fault(EXIT.configuration, "--user", `number ${position + 1}: ${parsed.what}; ${parsed.remedy}`)];
  });

const examineUsersFile = async (path: string): Promise<readonly Discovery[]> => {
  try {
    const { count, problems } = await createUsersFileSource(path).load();
    const found = problems.map(({ line, column, what, remedy }) =>
      warning(line === 0 ? path : `${path}:${line}:${column}`, `${what}; ${remedy}`),
    );
    return count > 0 ? found : [...found, defect(path, NO_ACCOUNT)];
  } catch (error) {
    if (!(error instanceof UsersFileError)) throw error;
    const code = errorCode(error.cause);
    const exitCode = code === undefined ? EXIT.configuration : exitCodeOfFile(error.cause);
    return [fault(exitCode, path, `${error.message}${code === undefined ? "" : ` (${code})`}; ${USERS_REMEDY}`)];
  }
};

/** An empty anchor is what an unmounted spool looks like. */
const examineSpool = (maildir: string): readonly Discovery[] => {
  const template = parseMaildirTemplate(maildir);
  if (template.type === "problem") return [];
  try {
    return readdirSync(template.anchor).length > 0 ? [] : [defect(template.anchor, EMPTY_SPOOL)];
  } catch (error) {
    const message = `the spool cannot be read (${errorCode(error)}); mount it, or put spool.maildir right`;
    return [defect(template.anchor, message)];
  }
};

const examineDirectory = (key: string, directory: string | undefined): readonly Discovery[] => {
  if (directory === undefined) return [];
  try {
    if (!statSync(directory).isDirectory()) return [defect(key, `${directory} is no directory; name one`)];
    expectWritable(directory);
    return [];
  } catch (error) {
    return [
      defect(
        key,
        `${directory} cannot be written to (${errorCode(error)}); make it, and let Postigo's user write there`,
      ),
    ];
  }
};

/** The server makes what is missing of it. */
const nearestOf = (directory: string | undefined): string | undefined =>
  directory === undefined || existsSync(directory) ? directory : nearestOf(dirname(directory));

/** What opening it to append to it would say. */
const examineLog = (file: string | undefined): readonly Discovery[] => {
  if (file === undefined) return [];
  try {
    if (!existsSync(file)) expectWritable(dirname(file));
    else if (statSync(file).isDirectory()) throw Object.assign(new Error("a folder"), { code: "EISDIR" });
    else accessSync(file, constants.W_OK);
    return [];
  } catch (error) {
    const what = existsSync(file) ? file : `${file} cannot be made: ${dirname(file)}`;
    return [
      fault(exitCodeOfLog(error), "log.file", `${what} cannot be written to (${errorCode(error)}); name another file`),
    ];
  }
};

const expectWritable = (directory: string): void => accessSync(directory, constants.W_OK | constants.X_OK);

const examineUser = (config: Config): readonly Discovery[] => {
  const error = privilegeProblem(config);
  return error === undefined ? [] : [fault(EXIT.noPermission, error.key, `${error.what}; ${error.remedy}`)];
};

const NO_ACCOUNT = "holds no account; write a line NAME:{SCHEME}hash (postigo hash makes the second part)";
const USERS_REMEDY = "name the right file in accounts, and let Postigo's user read it";
const EMPTY_SPOOL = "is empty, as if the spool were not mounted; logins are refused until there is something in it";
