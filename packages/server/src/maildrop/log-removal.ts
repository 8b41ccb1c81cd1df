// The audit lines of a removal: one for each message that went, or that was to go and did not.

import type { MessageTable, RemovalReport } from "@postigo/storage";
import type { EventLog } from "../log/event-log.js";

export interface LoggedRemoval {
  readonly log: EventLog;
  readonly session: string;
  readonly user: string;
  /** Whose positions the report tells. */
  readonly messages: MessageTable;
  readonly report: RemovalReport;
  readonly why: "deleted" | "cut-off-update" | "expired";
}

/** Gives way to others between slices: ten thousand lines hold them up, and fill what the log keeps in memory. */
export async function logRemoval({ log, session, user, messages, report, why }: LoggedRemoval): Promise<void> {
  for (const [index, { position, path, how }] of report.removed.entries()) {
    if (index % LINES_A_TURN === LINES_A_TURN - 1) await new Promise((resolve) => setImmediate(resolve));
    const uid = messages.uniqueIdAt(position);
    log.event("message-removed", { session, user, uid, file: path, octets: messages.octetsAt(position), how, why });
  }
  for (const { position, cause } of report.failed) {
    const [uid, file] = [messages.uniqueIdAt(position), messages.pathAt(position)];
    log.event("message-not-removed", { session, user, uid, file, error: String(cause) });
  }
}

const LINES_A_TURN = 500;
