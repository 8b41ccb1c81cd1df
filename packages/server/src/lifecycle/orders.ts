// What a process is told from outside, by the names of the signals.
//
// A process on its own, and the first one of a pool, hear signals. A worker hears the first process only: a service manager, a
// terminal and killall signal all processes at once, and a worker would hear everything twice. A second SIGTERM cuts off what
// the first one let finish; a SIGUSR2 makes it retire before there is a successor.

import cluster, { type Worker } from "node:cluster";
import { isOfKind } from "./pool-message.js";

/** SIGTERM, SIGINT: end, the second time at once. SIGHUP: reload. SIGUSR2: hand over; to a worker: retire. */
export type Order = (typeof ORDERS)[number];

export interface Orders {
  /** Once. What was told before, of what does not end the process, is told now. */
  obey(act: (order: Order) => void): void;
}

/** To be called before anything takes time: what nobody hears ends a process, or is lost. */
export function hearOrders(): Orders {
  return cluster.isWorker ? hearFirstProcess() : hearSignals();
}

/** In the first process, before it has workers. What is said to one that does not hear yet waits: cluster would drop it there. */
export class WorkerOrders {
  readonly #hearing = new WeakSet<Worker>();
  readonly #waiting = new WeakMap<Worker, ReadonlySet<Order>>();

  constructor() {
    cluster.on("message", (worker, message) => isOfKind(message, HEARING) && this.#onHearing(worker));
  }

  /** One that has ended, or leaves, hears nothing. */
  tell(worker: Worker, order: Order): void {
    if (this.#hearing.has(worker)) send(worker, order);
    else this.#waiting.set(worker, new Set([...(this.#waiting.get(worker) ?? []), order]));
  }

  #onHearing(worker: Worker): void {
    this.#hearing.add(worker);
    for (const order of this.#waiting.get(worker) ?? []) send(worker, order);
    this.#waiting.delete(worker);
  }
}

const send = (worker: Worker, order: Order): void => {
  if (worker.isConnected()) worker.send({ postigo: ORDER, order }, () => undefined);
};

/** Until somebody obeys, SIGTERM and SIGINT do what they do to any process. */
function hearSignals(): Orders {
  const { hear, obey } = keepEarly();
  process.on("SIGHUP", hear).on("SIGUSR2", hear);
  return {
    obey: (act) => {
      process.on("SIGTERM", hear).on("SIGINT", hear);
      obey(act);
    },
  };
}

function hearFirstProcess(): Orders {
  const { hear, obey } = keepEarly();
  for (const signal of ORDERS) process.on(signal, () => undefined);
  process.on("message", (message) => isOrder(message) && hear(message.order));
  process.send?.({ postigo: HEARING });
  return { obey };
}

function keepEarly() {
  const early = new Set<Order>();
  let act = (order: Order): void => {
    // There is nothing to finish yet.
    if (order === "SIGTERM" || order === "SIGINT") process.exit(0);
    early.add(order);
  };
  return {
    hear: (order: Order): void => act(order),
    obey: (obeying: (order: Order) => void): void => {
      act = obeying;
      for (const order of early) act(order);
    },
  };
}

const ORDERS = ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR2"] as const;
const ORDER = "order";
const HEARING = "hearing";

/** Only the first process, which is the same program, can send one. */
const isOrder = (message: unknown): message is { readonly order: Order } => isOfKind(message, ORDER);
