// Whether Dovecot is as stopped as we have been told. A running one that shows itself is believed more than the operator.

import { join } from "node:path";
import { processState } from "../../lock/host-facts.js";
import { CommandError, EXIT, errorCode, exitCodeOfFile } from "../exit-code.js";
import { lockOf } from "./dovecot-lock.js";
import { readSmallFile } from "./small-file.js";

/** `run`: Dovecot's base_dir. Throws CommandError if its master lives. Only root may read there, as a rule. */
export const expectNoMaster = (run: string): void => {
  const pid = masterOf(run);
  if (pid !== undefined && processState(pid).type === "alive") {
    throw new CommandError(EXIT.unavailable, `Dovecot runs (process ${pid}, by ${run}/master.pid); ${REMEDY}`);
  }
};

/** Throws CommandError if somebody writes this list. */
export const expectNoWriter = (uidlist: string): void => {
  const lock = lockOf(uidlist);
  if (lock !== undefined && !lock.isStale) {
    throw new CommandError(EXIT.unavailable, `Dovecot writes ${uidlist} (${lock.path} of ${lock.owner}); ${REMEDY}`);
  }
};

const masterOf = (run: string): number | undefined => {
  const file = join(run, "master.pid");
  try {
    const [, pid] = /^(\d{1,9})\s/.exec(readSmallFile(file).text) ?? [];
    return pid === undefined ? undefined : Number.parseInt(pid, 10);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    const why = `${file} cannot be read (${errorCode(error)}), so Dovecot may run`;
    throw new CommandError(exitCodeOfFile(error), `${why}; run this command as root, or say --lock`);
  }
};

const REMEDY = "stop it (systemctl stop dovecot), or say --lock in place of --stopped";
