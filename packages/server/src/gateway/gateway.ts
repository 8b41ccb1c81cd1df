// The life of a gateway: started, reloaded, stopped, each once at a time, whatever the caller does.

import type { Config } from "../config/config.js";
import type { ListeningAddress } from "../net/listener.js";
import { buildFoundation, type GatewayOverrides } from "./foundation.js";
import { RunningGateway } from "./running-gateway.js";

export interface Gateway {
  /** Binds, drops privileges, accepts. Rejects with the reason, everything undone, when something cannot be had. */
  start(): Promise<void>;
  /** Where it listens, in the order of the configuration; nowhere before it has started. */
  readonly addresses: readonly ListeningAddress[];
  /** Reads configuration, accounts and certificates again; whatever is broken leaves all as it was. Never rejects. */
  reload(): Promise<"reloaded" | "kept">;
  /**
   * Accepts and reloads no more; sessions go on. Resolves when the last has ended, or `timeouts.drain` is over. Never rejects;
   * `stop` still has to follow, and may come before.
   */
  retire(): Promise<void>;
  /** Ends: idle sessions at once and without UPDATE, running updates are finished. Idempotent, never rejects. */
  stop(): Promise<void>;
}

export class PostigoGateway implements Gateway {
  readonly #config: Config;
  readonly #overrides: GatewayOverrides;
  #running: RunningGateway | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(config: Config, overrides: GatewayOverrides) {
    this.#config = config;
    this.#overrides = overrides;
  }

  get addresses(): readonly ListeningAddress[] {
    return this.#running?.addresses ?? [];
  }

  start(): Promise<void> {
    if (this.#stopping !== undefined) return Promise.reject(new Error("this gateway was stopped; create another"));
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async reload(): Promise<"reloaded" | "kept"> {
    return this.#stopping === undefined && this.#running !== undefined ? this.#running.reload() : "kept";
  }

  async retire(): Promise<void> {
    if (this.#stopping === undefined) await this.#running?.retire();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #start(): Promise<void> {
    const foundation = buildFoundation(this.#config, this.#overrides);
    const running = new RunningGateway(this.#config, foundation, this.#overrides);
    try {
      await running.start();
    } catch (error) {
      await foundation.closeLog();
      throw error;
    }
    this.#running = running;
  }

  async #stop(): Promise<void> {
    await this.#starting?.catch(() => undefined);
    await this.#running?.stop();
  }
}
