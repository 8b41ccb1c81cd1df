// `postigo serve` with several workers: the first process, which watches over them and answers for all.

import { systemClock } from "../clock.js";
import type { Config } from "../config/config.js";
import { Observation } from "../gateway/observation.js";
import { changedAtStartOnly, isOfFirstProcess } from "../gateway/restart-keys.js";
import { inheritedSockets } from "../lifecycle/inherited-sockets.js";
import type { Orders } from "../lifecycle/orders.js";
import { createPoolView } from "../lifecycle/pool-view.js";
import { lookUpUser } from "../lifecycle/privileges.js";
import type { ServiceManager } from "../lifecycle/service-manager.js";
import { type HandOver, runWorkerPool, workerCount } from "../lifecycle/worker-pool.js";
import type { OwnedEventLog } from "../log/create-event-log.js";
import { examine, refuseFaults } from "./examination.js";
import type { Found } from "./find-config.js";
import { startFailure } from "./start-failure.js";

export interface Surroundings {
  readonly log: OwnedEventLog;
  readonly manager: ServiceManager;
  readonly orders: Orders;
}

export const superviseWorkers = async (
  found: Found,
  { workers, log, manager, orders }: Surroundings & { readonly workers: number },
): Promise<number> => {
  const { config } = found;
  const observation = new Observation(config, createPoolView(systemClock), log);
  await openDoors(observation, config, log);
  const code = await runWorkerPool({
    workers,
    log,
    manager,
    orders,
    clock: systemClock,
    inherited: inheritedSockets(),
    onHangUp: () => log.reopen(),
    prepareHandOver: () => prepareHandOver(found, log),
  });
  observation.close();
  await log.close();
  return code;
};

/** The new workers take all of it, but for what this process itself has taken at its start. */
const prepareHandOver = async ({ config, again, placeOf }: Found, log: OwnedEventLog): Promise<HandOver> => {
  const renewed = again();
  refuseFaults(await examine(renewed, systemClock.now()));
  const changed = changedAtStartOnly({ inForce: config, before: config, after: renewed });
  for (const key of changed.filter(isOfFirstProcess)) log.event("restart-needed", { where: placeOf(key), key });
  return { workers: workerCount(renewed.workers), drainMs: renewed.timeouts.drainMs };
};

/** This process stays who it is; the socket is the user's who serves. */
const openDoors = async (observation: Observation, { user }: Config, log: OwnedEventLog): Promise<void> => {
  try {
    await observation.openMetrics();
    await observation.openControl(user !== undefined && process.geteuid?.() === 0 ? lookUpUser(user) : undefined);
  } catch (error) {
    observation.close();
    await log.close();
    throw startFailure(error);
  }
};
