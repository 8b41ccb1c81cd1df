// Where commands write down what they did to mail: the log file of the server, if it has one. Without one the command's own output
// is the record: the server's lines go to its standard error, which is not this one.

import type { Config } from "../config/config.js";
import { createEventLog } from "../log/create-event-log.js";
import type { EventLog } from "../log/event-log.js";
import { errorCode } from "./exit-code.js";
import type { Terminal } from "./terminal.js";

export interface AuditLog {
  readonly log: EventLog;
  close(): Promise<void>;
}

/** A log that cannot be opened keeps nobody from his mail, but is told. */
export const openAuditLog = ({ log }: Config, terminal: Terminal): AuditLog => {
  if (log.file === undefined) return NO_LOG;
  try {
    const owned = createEventLog(log);
    return { log: owned, close: () => owned.close() };
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    terminal.err(`postigo: ${log.file} cannot be written (${code}): the log will not tell what is done now\n`);
    return NO_LOG;
  }
};

const NO_LOG: AuditLog = { log: { event: () => undefined }, close: async () => undefined };
