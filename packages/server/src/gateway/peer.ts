// Who is at the other end of a socket.

import { isIPv4, type Socket } from "node:net";
import type { Peer } from "../auth/authenticator.js";

export interface PeerParts {
  readonly session: string;
  readonly listener: string;
  readonly encrypted: boolean;
  readonly apopStamp: string | undefined;
}

/** undefined when the connection is gone already. */
export function peerOf(socket: Socket, parts: PeerParts): Peer | undefined {
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  return {
    ...parts,
    address: plainAddress(remoteAddress),
    port: remotePort,
  };
}

/** An IPv4 peer of an IPv6 listener is known by its IPv4 address, so that one client has one name. */
export const plainAddress = (address: string): string =>
  address.startsWith(MAPPED) && isIPv4(address.slice(MAPPED.length)) ? address.slice(MAPPED.length) : address;

export const isLoopback = (address: string): boolean => address.startsWith("127.") || address === "::1";

const MAPPED = "::ffff:";
