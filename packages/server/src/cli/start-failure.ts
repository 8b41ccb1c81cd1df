// Why a gateway could not start, in words that help.

import { formatListener } from "../config/listener-text.js";
import { ControlSocketError } from "../control/control-socket.js";
import { PrivilegeError } from "../lifecycle/privileges.js";
import { CommandError, EXIT, type ExitCode, errorCode, exitCodeOfFile } from "./exit-code.js";

export const startFailure = (error: unknown): CommandError => {
  if (error instanceof CommandError) return error;
  if (isOfAddress(error)) return bindFailure(error);
  if (error instanceof PrivilegeError) return new CommandError(EXIT.noPermission, error.message, { cause: error });
  if (error instanceof ControlSocketError) return controlFailure(error);
  const message = error instanceof Error ? error.message : String(error);
  const code = errorCode(error)?.startsWith("E") ? exitCodeOfFile(error) : EXIT.configuration;
  return new CommandError(code, `cannot start: ${message}`, { cause: error });
};

const controlFailure = (error: ControlSocketError): CommandError => {
  const codes: Readonly<Record<string, ExitCode>> = { EADDRINUSE: EXIT.unavailable, EACCES: EXIT.noPermission };
  return new CommandError(codes[error.code] ?? EXIT.cannotCreate, error.message, { cause: error });
};

interface AddressError extends Error {
  readonly address: string;
  readonly port: number;
}

const isOfAddress = (error: unknown): error is AddressError =>
  error instanceof Error &&
  "address" in error &&
  typeof error.address === "string" &&
  "port" in error &&
  typeof error.port === "number";

const bindFailure = (error: AddressError): CommandError => {
  const where = formatListener(error);
  switch (errorCode(error)) {
    case "EADDRINUSE":
      return new CommandError(
        EXIT.unavailable,
        `${where} is in use by another program; end it (ss -ltnp 'sport = :${error.port}' shows it), or listen elsewhere`,
      );
    case "EACCES":
      return new CommandError(EXIT.noPermission, `${where} may not be bound by this user; ${PRIVILEGE}`);
    case "EADDRNOTAVAIL":
      return new CommandError(
        EXIT.configuration,
        `no interface of this machine has the address ${error.address}; see: ip address`,
      );
    case "EAFNOSUPPORT":
      return new CommandError(EXIT.configuration, `${where}: this machine speaks no IPv6; listen on an IPv4 address`);
    default:
      return new CommandError(EXIT.unavailable, `cannot listen on ${where}: ${error.message}`, { cause: error });
  }
};

const PRIVILEGE =
  "ports below 1024 need root (and user: in the configuration, to drop it again), or the capability CAP_NET_BIND_SERVICE " +
  "(systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE), or listen on a port from 1024 on";
