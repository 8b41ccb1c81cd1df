// Who is at the other end of a socket, or behind the proxy that is.

import { isIPv4, type Socket } from "node:net";
import type { Peer } from "../auth/authenticator.js";
import type { ProxiedClient } from "../net/proxy-header.js";

/** As limits, throttle, log and the rule for plain-text logins know it. */
export interface Client {
  readonly address: string;
  readonly port: number;
  /** Nothing between the client and us leaves this machine. */
  readonly isLocal: boolean;
  /** What `limits.per_address` counts; undefined for a proxy as such, which speaks for many. */
  readonly countsAs: string | undefined;
}

/** undefined when the connection is gone already. */
export function clientOf({ remoteAddress, remotePort }: Socket): Client | undefined {
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  const address = plainAddress(remoteAddress);
  return { address, port: remotePort, isLocal: isLoopback(address), countsAs: address };
}

/** A proxy on this machine does not make its clients local ones, nor does a local client of a proxy elsewhere pass for one. */
export function clientBehind(proxy: Client, named: ProxiedClient | undefined): Client {
  if (named === undefined) return { ...proxy, isLocal: false, countsAs: undefined };
  const address = plainAddress(named.address);
  return { address, port: named.port, isLocal: proxy.isLocal && isLoopback(address), countsAs: address };
}

export const peerOf = ({ address, port }: Client, parts: Omit<Peer, "address" | "port">): Peer => ({
  ...parts,
  address,
  port,
});

/** An IPv4 peer of an IPv6 listener is known by its IPv4 address, so that one client has one name. */
export const plainAddress = (address: string): string =>
  address.startsWith(MAPPED) && isIPv4(address.slice(MAPPED.length)) ? address.slice(MAPPED.length) : address;

export const isLoopback = (address: string): boolean => address.startsWith("127.") || address === "::1";

const MAPPED = "::ffff:";
