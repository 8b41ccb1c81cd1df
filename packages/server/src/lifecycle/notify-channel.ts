// The way to $NOTIFY_SOCKET, a datagram socket, which Node does not have: sd_notify of the host's libsystemd through koffi, and
// where either is missing the program systemd-notify. ADR 0101.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

export interface NotifyChannel {
  /** `KEY=VALUE`s that belong together. Rejects when they did not get out. */
  send(assignments: readonly string[]): Promise<void>;
}

export async function openNotifyChannel(): Promise<NotifyChannel> {
  return (await libsystemdChannel()) ?? programChannel();
}

/** undefined: no koffi, or no libsystemd. */
async function libsystemdChannel(): Promise<NotifyChannel | undefined> {
  try {
    const koffi = await import("koffi");
    const notify: (unset: number, state: string) => number = koffi.load(LIBRARY).func(PROTOTYPE);
    return {
      // Does not wait: a datagram into a local socket.
      async send(assignments) {
        const result = notify(0, assignments.join("\n"));
        if (result <= 0) throw new Error(`sd_notify: ${result === 0 ? "no socket" : `errno ${-result}`}`);
      },
    };
  } catch {
    return undefined;
  }
}

/** A process of its own for each message: the unit needs NotifyAccess=all, or the manager does not believe it. */
function programChannel(): NotifyChannel {
  return {
    async send(assignments) {
      await promisify(execFile)("systemd-notify", [...assignments], { timeout: PROGRAM_MS });
    },
  };
}

const LIBRARY = "libsystemd.so.0";
const PROTOTYPE = "int sd_notify(int unset_environment, const char *state)";
const PROGRAM_MS = 5_000;
