// The header of the PROXY protocol, versions 1 and 2, with which a proxy names the client it speaks for
// (https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt). Octets in, values out; it may come in any pieces.

import { isIPv4, isIPv6, SocketAddress } from "node:net";

export interface ProxyHeader {
  /** Octets of the header; what stands behind them is the client's. */
  readonly length: number;
  /** undefined: the proxy speaks for itself (a health check), or cannot say for whom. */
  readonly client: ProxiedClient | undefined;
}

export interface ProxiedClient {
  readonly address: string;
  readonly port: number;
}

/** "incomplete" is only said while what is there can still become a header: a stranger is known by his first wrong octet. */
export function parseProxyHeader(octets: Uint8Array): ProxyHeader | "incomplete" | "invalid" {
  return octets[0] === UPPER_P ? parseText(octets) : parseBinary(octets);
}

/** Version 1: `PROXY TCP4 192.0.2.7 192.0.2.1 56324 110` and CRLF. */
function parseText(octets: Uint8Array): ProxyHeader | "incomplete" | "invalid" {
  if (!TEXT_BEGINNINGS.some((beginning) => beginsAlike(octets, beginning))) return "invalid";
  const end = octets.subarray(0, MOST_TEXT_OCTETS).indexOf(LF);
  if (end < 0) return octets.length < MOST_TEXT_OCTETS ? "incomplete" : "invalid";
  if (octets[end - 1] !== CR) return "invalid";
  const line = String.fromCharCode(...octets.subarray(0, end - 1));
  const length = end + 1;
  if (UNKNOWN.test(line)) return { length, client: undefined };
  const client = textClient(line);
  return client === undefined ? "invalid" : { length, client };
}

function textClient(line: string): ProxiedClient | undefined {
  const [, family, address = "", destination = "", port = "", destinationPort = ""] = TEXT_FORM.exec(line) ?? [];
  const isAddress = family === "4" ? isIPv4 : isPlainIPv6;
  if (!isAddress(address) || !isAddress(destination) || !isPort(port) || !isPort(destinationPort)) return undefined;
  return { address: family === "4" ? address : shortest(address), port: Number(port) };
}

/** Version 2: signature, version and command, family and transport, length, addresses, and further fields that are skipped. */
function parseBinary(octets: Uint8Array): ProxyHeader | "incomplete" | "invalid" {
  if (!beginsAlike(octets, SIGNATURE)) return "invalid";
  if (octets.length < FIXED_OCTETS) return "incomplete";
  const { [VERSION_AT]: versionAndCommand = 0, [FAMILY_AT]: family = 0 } = octets;
  const length = FIXED_OCTETS + sixteenBits(octets, LENGTH_AT);
  if (length > MOST_BINARY_OCTETS) return "invalid";
  if (versionAndCommand !== LOCAL && versionAndCommand !== PROXY) return "invalid";
  if (octets.length < length) return "incomplete";
  if (versionAndCommand === LOCAL) return { length, client: undefined };
  const client = binaryClient(family, octets.subarray(FIXED_OCTETS, length));
  return client === "invalid" ? client : { length, client };
}

function binaryClient(family: number, addresses: Uint8Array): ProxiedClient | undefined | "invalid" {
  switch (family) {
    case TCP_OVER_IPV4:
      if (addresses.length < IPV4_BLOCK) return "invalid";
      return { address: addresses.subarray(0, 4).join("."), port: sixteenBits(addresses, 8) };
    case TCP_OVER_IPV6:
      if (addresses.length < IPV6_BLOCK) return "invalid";
      return { address: shortest(groupsOf(addresses).join(":")), port: sixteenBits(addresses, 32) };
    default:
      return OTHER_FAMILIES.has(family) ? undefined : "invalid";
  }
}

const groupsOf = (octets: Uint8Array): string[] =>
  Array.from({ length: 8 }, (_, index) => sixteenBits(octets, 2 * index).toString(16));

const sixteenBits = (octets: Uint8Array, at: number): number => ((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0);

/** As far as both reach. */
const beginsAlike = (octets: Uint8Array, prefix: Uint8Array): boolean =>
  prefix.subarray(0, octets.length).every((octet, index) => octets[index] === octet);

/** One client has one name. */
const shortest = (address: string): string => new SocketAddress({ address, family: "ipv6" }).address;

/** A zone means something on the proxy's machine only. */
const isPlainIPv6 = (address: string): boolean => isIPv6(address) && !address.includes("%");

const isPort = (text: string): boolean => Number(text) <= 65_535;

const CR = 13;
const LF = 10;

const octetsOf = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

const UPPER_P = 0x50;
const TEXT_BEGINNINGS = ["PROXY TCP4 ", "PROXY TCP6 ", "PROXY UNKNOWN"].map(octetsOf);
/** With CRLF, of the longest line there can be (§2.1). */
const MOST_TEXT_OCTETS = 107;
const TEXT_FORM = /^PROXY TCP([46]) ([\d.a-fA-F:]+) ([\d.a-fA-F:]+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})$/;
/** The rest of such a line is to be ignored (§2.1). */
const UNKNOWN = /^PROXY UNKNOWN(?: |$)/;

const SIGNATURE = octetsOf("\r\n\r\n\0\r\nQUIT\n");
const VERSION_AT = 12;
const FAMILY_AT = 13;
const LENGTH_AT = 14;
const FIXED_OCTETS = 16;
/** The addresses and what proxies tell besides (names, TLS facts); a certificate does not belong here. */
export const MOST_BINARY_OCTETS = 4096;
const LOCAL = 0x20;
const PROXY = 0x21;
const TCP_OVER_IPV4 = 0x11;
const TCP_OVER_IPV6 = 0x21;
/** Unspecified, datagrams, local sockets: they exist, but name no client that we could tell from others. */
const OTHER_FAMILIES: ReadonlySet<number> = new Set([0x00, 0x12, 0x22, 0x31, 0x32]);
const IPV4_BLOCK = 12;
const IPV6_BLOCK = 36;
