// A gateway that sees mounts of its own, which nobody else sees and which are gone with it.

import { execFileSync } from "node:child_process";
import type { GatewayProcess } from "./gateway-process.js";
import { needsSuccess } from "./real-client.js";

/** The command to put before node. */
export const IN_OWN_NAMESPACE: readonly string[] = ["unshare", "--mount", "--fork", "--kill-child"];

/** Options for a test that mounts; that takes root, and a container that lets it. */
export const needsMounts = (): { skip?: string } => {
  if (process.getuid?.() !== 0) return { skip: "needs root: mounts" };
  return needsSuccess(["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"], "may not mount here");
};

/** Runs a command where the gateway sees it; paths in it are the gateway's. */
export function within(gateway: GatewayProcess, ...command: readonly string[]): void {
  execFileSync("nsenter", [`--mount=/proc/${gateway.pid}/ns/mnt`, ...command]);
}
