// The way to $NOTIFY_SOCKET, a datagram socket, which Node does not have: sd_notify of the host's libsystemd through koffi, and
// where either is missing the program systemd-notify. ADR 0101.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

export interface NotifyChannel {
  /** `KEY=VALUE`s that belong together. Rejects when they did not get out. */
  send(assignments: readonly string[]): Promise<void>;
  /** Why another process has to speak for us, whom the manager may not believe; undefined: we speak ourselves. */
  readonly detour?: string;
}

export async function openNotifyChannel(): Promise<NotifyChannel> {
  try {
    return await libsystemdChannel();
  } catch (error) {
    return programChannel(error instanceof Error ? error.message : String(error));
  }
}

/** Rejects without koffi or libsystemd. */
async function libsystemdChannel(): Promise<NotifyChannel> {
  const koffi = await import("koffi");
  const notify: (unset: number, state: string) => number = koffi.load(LIBRARY).func(PROTOTYPE);
  return {
    // Does not wait: a datagram into a local socket.
    async send(assignments) {
      const result = notify(0, assignments.join("\n"));
      if (result <= 0) throw new Error(`sd_notify: ${result === 0 ? "no socket" : `errno ${-result}`}`);
    },
  };
}

/**
 * A process of its own for each message, which only root may send in our name: with NotifyAccess=main the manager does not believe it, and
 * does not say so to us.
 */
function programChannel(detour: string): NotifyChannel {
  return {
    detour,
    async send(assignments) {
      await promisify(execFile)("systemd-notify", [...assignments], { timeout: PROGRAM_MS });
    },
  };
}

const LIBRARY = "libsystemd.so.0";
const PROTOTYPE = "int sd_notify(int unset_environment, const char *state)";
const PROGRAM_MS = 5_000;
