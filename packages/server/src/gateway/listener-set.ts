// The listeners in force. A change binds what is new before it closes what is gone: nobody is refused meanwhile.

import { isIPv4, type Socket } from "node:net";
import type { ListenConfig } from "../config/config.js";
import type { EventLog } from "../log/event-log.js";
import { Listener, type ListeningAddress } from "../net/listener.js";
import type { InheritedServers } from "./inherited-servers.js";

export class ListenerSet {
  readonly #accept: (socket: Socket, listener: Listener) => void;
  readonly #log: EventLog;
  readonly #inherited: InheritedServers;
  #listeners: Listener[] = [];

  constructor(
    accept: (socket: Socket, listener: Listener) => void,
    { log, inherited }: { readonly log: EventLog; readonly inherited: InheritedServers },
  ) {
    this.#accept = accept;
    this.#log = log;
    this.#inherited = inherited;
  }

  /** In the order of the configuration. */
  get addresses(): readonly ListeningAddress[] {
    return this.#listeners.map((listener) => listener.address);
  }

  /** Rejects, with everything as it was, if a new address cannot be had. */
  async become(wanted: readonly ListenConfig[]): Promise<void> {
    this.#inherited.open();
    const standing = [...this.#listeners];
    const added: Listener[] = [];
    const next: Listener[] = [];
    for (const config of wanted) {
      const kept = takeWhere(standing, (listener) => keyOf(listener.config) === keyOf(config));
      const listener = kept ?? this.#make(config, wanted);
      if (kept === undefined) added.push(listener);
      next.push(listener);
    }
    this.#inherited.closeRest();
    await bindAll(added);
    for (const listener of standing) listener.close();
    for (const [index, listener] of next.entries()) listener.config = wanted[index] ?? listener.config;
    this.#listeners = next;
  }

  #make(config: ListenConfig, all: readonly ListenConfig[]): Listener {
    const ipv6Only = all.some(({ address, port }) => isIPv4(address) && port !== 0 && port === config.port);
    const inherited = this.#inherited.take(config);
    return new Listener({ config, ipv6Only, inherited, accept: this.#accept, log: this.#log });
  }

  close(): void {
    for (const listener of this.#listeners) listener.close();
    this.#listeners = [];
  }
}

async function bindAll(listeners: readonly Listener[]): Promise<void> {
  try {
    for (const listener of listeners) await listener.listen();
  } catch (error) {
    // Those that were not bound yet too: they may have inherited an open socket.
    for (const listener of listeners) listener.close();
    throw error;
  }
}

/** Takes the first such item out of the list: two may be alike. */
function takeWhere<T>(items: T[], is: (item: T) => boolean): T | undefined {
  const index = items.findIndex(is);
  return index < 0 ? undefined : items.splice(index, 1)[0];
}

/** A listener whose `tls` or `proxy` alone has changed keeps its socket. Port 0 is another one each time, so there they tell them apart. */
const keyOf = ({ address, port, tls, proxy }: ListenConfig): string =>
  `${address} ${port === 0 ? `${tls} ${proxy}` : port}`;
