// A request to the server that runs, through its control socket, with words for each way this can fail.

import { statSync } from "node:fs";
import { askServer } from "../control/control-client.js";
import type { ControlRequest } from "../control/messages.js";
import type { KickReport } from "../gateway/observed.js";
import { CommandError, EXIT, errorCode } from "./exit-code.js";
import { findConfig } from "./find-config.js";
import { type Parsed, textOf } from "./options.js";

/** Throws CommandError. */
export const askControl = async (parsed: Parsed, request: ControlRequest): Promise<KickReport> => {
  const path = textOf(parsed, "socket") ?? socketOfConfig(parsed);
  try {
    return await askServer(path, request);
  } catch (error) {
    throw failure(path, error);
  }
};

const socketOfConfig = (parsed: Parsed): string => {
  const { config, file } = findConfig({ file: textOf(parsed, "config"), flags: {}, env: process.env });
  if (config.control !== undefined) return config.control.socket;
  throw new CommandError(
    EXIT.configuration,
    `${file ?? "the environment"}: control.socket is not set, so no server can be asked; ` +
      "set control: { socket: /run/postigo/control.sock } and restart it, or name a socket with --socket",
  );
};

const failure = (path: string, error: unknown): CommandError => {
  switch (errorCode(error)) {
    case "ENOENT":
      return new CommandError(EXIT.unavailable, `${path} does not exist: no server runs with it; start postigo serve`);
    case "ECONNREFUSED":
      return new CommandError(EXIT.unavailable, `${path}: ${whyRefused(path)}`);
    case "EACCES":
      return new CommandError(
        EXIT.noPermission,
        `${path} may not be used by this user; be root, or the user that serves`,
      );
    default:
      return new CommandError(
        EXIT.unavailable,
        `${path}: ${error instanceof Error ? error.message : String(error)}; is it the control socket of a Postigo of this version?`,
      );
  }
};

const whyRefused = (path: string): string =>
  statSync(path, { throwIfNoEntry: false })?.isSocket() === true
    ? "its server is gone; start postigo serve"
    : "it is no socket; name the one that control.socket names";
