// The two doors for operators: the listener of the metrics and the control socket. Both are optional.

import type { Config } from "../config/config.js";
import { ControlServer } from "../control/control-server.js";
import type { SocketOwner } from "../control/control-socket.js";
import type { EventLog } from "../log/event-log.js";
import { expose } from "../metrics/exposition.js";
import { HttpEndpoint } from "../metrics/http-endpoint.js";
import type { Observed } from "./observed.js";

export class Observation {
  readonly #config: Pick<Config, "metrics" | "control">;
  readonly #observed: Observed;
  readonly #log: EventLog;
  #endpoint: HttpEndpoint | undefined;
  #control: ControlServer | undefined;

  constructor(config: Pick<Config, "metrics" | "control">, observed: Observed, log: EventLog) {
    this.#config = config;
    this.#observed = observed;
    this.#log = log;
  }

  /** Rejects with Node's error when the address cannot be had. */
  async openMetrics(): Promise<void> {
    const { metrics } = this.#config;
    if (metrics === undefined) return;
    this.#endpoint = new HttpEndpoint({
      ...metrics,
      metrics: async () => expose(await this.#observed.metrics()),
      hindrance: () => this.#observed.hindrance(),
    });
    const port = await this.#endpoint.listen();
    this.#log.event("metrics-listening", { address: metrics.address, port });
  }

  /** Rejects with ControlSocketError. `owner`: whose the socket becomes, if not this process's own. */
  async openControl(owner?: SocketOwner): Promise<void> {
    if (this.#config.control === undefined) return;
    const { socket: path } = this.#config.control;
    const onError = (error: Error) => this.#log.event("control-failed", { path, error: error.message });
    this.#control = new ControlServer({ path, observed: this.#observed, onError });
    await this.#control.open(owner);
    this.#log.event("control-listening", { path });
  }

  close(): void {
    this.#endpoint?.close();
    this.#control?.close();
  }
}
