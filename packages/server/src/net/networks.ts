// Networks as texts: `10.0.0.0/8`, `2001:db8::/32`, or a single address.

import { BlockList, isIP } from "node:net";

export interface Networks {
  has(address: string): boolean;
}

/** The texts have been judged by `isNetwork`. */
export function createNetworks(texts: readonly string[]): Networks {
  const list = new BlockList();
  for (const text of texts) {
    const network = parseNetwork(text);
    if (network === undefined) throw new TypeError(`${text} is no network`);
    list.addSubnet(network.address, network.prefix, network.family);
  }
  return {
    has: (address) => {
      const version = isIP(address);
      return version !== 0 && list.check(address, version === 4 ? "ipv4" : "ipv6");
    },
  };
}

export const isNetwork = (text: string): boolean => parseNetwork(text) !== undefined;

/** A network that leaves nobody out. */
export const isEverybody = (text: string): boolean => parseNetwork(text)?.prefix === 0;

interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: "ipv4" | "ipv6";
}

function parseNetwork(text: string): Network | undefined {
  const [, address = "", written] = /^([\d.a-fA-F:]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) return undefined;
  const longest = version === 4 ? 32 : 128;
  const prefix = written === undefined ? longest : Number(written);
  return prefix <= longest ? { address, prefix, family: version === 4 ? "ipv4" : "ipv6" } : undefined;
}
