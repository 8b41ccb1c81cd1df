// How many connections one address, and how many sessions one account, may have at a time. Counters live as long as what they count.

import { isIPv4 } from "node:net";

export interface ConnectionLimitsConfig {
  readonly connections: number;
  readonly perAddress: number;
  readonly perAccount: number;
}

/** A place that is taken until it is given back; giving it back twice counts once. */
export interface Pass {
  release(): void;
}

export type ConnectionRefusal = "too-many-connections" | "too-many-from-address";

export class ConnectionLimits {
  #limits: ConnectionLimitsConfig;
  #connections = 0;
  readonly #byAddress = new Map<string, number>();
  readonly #byAccount = new Map<string, number>();

  constructor(limits: ConnectionLimitsConfig) {
    this.#limits = limits;
  }

  /** New limits hold for newcomers; nobody who is in is thrown out. */
  update(limits: ConnectionLimitsConfig): void {
    this.#limits = limits;
  }

  get connections(): number {
    return this.#connections;
  }

  /**
   * Asked when a connection is accepted, with the address of the client as `socket.remoteAddress`, or the proxy before us, tells it;
   * without one for a proxy as such, which speaks for many.
   */
  admit(address: string | undefined): Pass | ConnectionRefusal {
    if (this.#connections >= this.#limits.connections) return "too-many-connections";
    if (address === undefined) {
      this.#connections++;
      return once(() => {
        this.#connections--;
      });
    }
    const key = networkOf(address);
    if (!enter(this.#byAddress, key, this.#limits.perAddress)) return "too-many-from-address";
    this.#connections++;
    return once(() => {
      this.#connections--;
      leave(this.#byAddress, key);
    });
  }

  /** Asked when an account has proven itself. */
  admitSession(account: string): Pass | "too-many-sessions" {
    if (!enter(this.#byAccount, account, this.#limits.perAccount)) return "too-many-sessions";
    return once(() => leave(this.#byAccount, account));
  }
}

/** What counts as one client: an IPv4 address, or the /64 that one IPv6 subscriber has for himself. */
export function networkOf(address: string): string {
  if (isIPv4(address)) return address;
  const [bare = ""] = address.split("%", 1);
  const mapped = bare.slice(bare.lastIndexOf(":") + 1);
  if (isIPv4(mapped)) return mapped;
  return `${leadingGroups(bare).join(":")}::/64`;
}

/** The first four of the eight groups. "::" stands for as many zero groups as are missing (RFC 4291 §2.2). */
function leadingGroups(address: string): readonly string[] {
  const [head = "", tail] = address.split("::", 2);
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const zeros = new Array<string>(Math.max(0, GROUPS - before.length - after.length)).fill("0");
  return [...before, ...zeros, ...after].slice(0, PREFIX_GROUPS);
}

/** Each in its shortest form, so that one network has one name. */
const groupsOf = (text: string): string[] =>
  text === "" ? [] : text.split(":").map((group) => group.toLowerCase().replace(/^0+(?=.)/, ""));

function enter(counts: Map<string, number>, key: string, limit: number): boolean {
  const count = counts.get(key) ?? 0;
  if (count >= limit) return false;
  counts.set(key, count + 1);
  return true;
}

function leave(counts: Map<string, number>, key: string): void {
  const count = counts.get(key) ?? 0;
  if (count > 1) counts.set(key, count - 1);
  else counts.delete(key);
}

function once(giveBack: () => void): Pass {
  let isTaken = true;
  return {
    release: () => {
      if (isTaken) giveBack();
      isTaken = false;
    },
  };
}

const GROUPS = 8;
const PREFIX_GROUPS = 4;
