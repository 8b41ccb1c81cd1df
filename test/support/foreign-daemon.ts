// What tests ask of the daemons of others that they start: whether one is there, and that it is gone.

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";

/** Whether somebody takes connections on this port of the loopback. */
export const accepts = (port: number): Promise<boolean> => isMet(port, "connect");

/** Whether anything is said there before the client says anything. */
export const greets = (port: number): Promise<boolean> => isMet(port, "data");

/** Ends it at once, unless it has ended. */
export async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

function isMet(port: number, event: "connect" | "data"): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const end = (has: boolean): void => {
      socket.destroy();
      resolve(has);
    };
    socket
      .once(event, () => end(true))
      .once("error", () => end(false))
      .once("close", () => end(false));
  });
}
