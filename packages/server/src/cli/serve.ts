// `postigo serve`: a gateway from its start to the signal that ends it.
//
//   SIGTERM, SIGINT   drain and end with 0; a second one ends at once
//   SIGHUP            reopen the log file (logrotate), then reload configuration, accounts and certificates

import { systemClock } from "../clock.js";
import type { Config } from "../config/config.js";
import { formatListener } from "../config/listener-text.js";
import { createGateway, type Gateway } from "../index.js";
import { inheritedSockets } from "../lifecycle/inherited-sockets.js";
import { hearOrders } from "../lifecycle/orders.js";
import { openServiceManager } from "../lifecycle/service-manager.js";
import { isPoolWorker, leaveWorkerPool, poolManager, servesItself, workerCount } from "../lifecycle/worker-pool.js";
import { createEventLog, type OwnedEventLog } from "../log/create-event-log.js";
import { examine, examinePlaces, refuseFaults } from "./examination.js";
import { CommandError, EXIT, exitCodeOfLog } from "./exit-code.js";
import { type Found, findConfig } from "./find-config.js";
import { flagsOf, type Parsed, textOf } from "./options.js";
import { startFailure } from "./start-failure.js";
import { type Surroundings, superviseWorkers } from "./supervise-workers.js";

export const serve = async (parsed: Parsed): Promise<number> => {
  // Also takes the place of the words of the command line, in which a password may stand, in the list of processes.
  process.title = "postigo serve";
  const orders = hearOrders();
  const found = findConfig({ file: textOf(parsed, "config"), flags: flagsOf(parsed), env: process.env });
  refuseFaults(await examine(found.config, systemClock.now()));
  const log = openLog(found.config);
  const workers = workerCount(found.config.workers);
  const manager = isPoolWorker()
    ? poolManager
    : await openServiceManager({ env: process.env, clock: systemClock, log });
  if (!servesItself(workers)) return superviseWorkers(found, { workers, log, manager, orders });
  warn(log, found);
  const gateway = await started(found, log);
  manager.ready(serving(gateway));
  await untilTold(gateway, { log, manager, orders });
  manager.stopping();
  await gateway.stop();
  await log.close();
  leaveWorkerPool();
  return EXIT.ok;
};

const openLog = ({ log }: Config): OwnedEventLog => {
  try {
    return createEventLog(log);
  } catch (error) {
    throw new CommandError(
      exitCodeOfLog(error),
      `log.file: ${error instanceof Error ? error.message : String(error)}; name another file`,
    );
  }
};

/** What is to be said of certificates and accounts the gateway says itself, at the start and after each reload. */
const warn = (log: OwnedEventLog, { config, warnings }: Found): void => {
  for (const { where, key, message } of warnings) log.event("config-warning", { where, key, problem: message });
  for (const { where, message } of examinePlaces(config)) {
    log.event("config-warning", { where, key: "", problem: message });
  }
};

const started = async ({ config, file, again, placeOf }: Found, log: OwnedEventLog): Promise<Gateway> => {
  try {
    const gateway = createGateway(config, {
      log,
      readConfig: again,
      placeOf,
      watch: file === undefined ? [] : [file],
      inherited: inheritedSockets(),
    });
    await gateway.start();
    return gateway;
  } catch (error) {
    await log.close();
    leaveWorkerPool();
    throw startFailure(error);
  }
};

const serving = (gateway: Gateway): string => `serving on ${gateway.addresses.map(formatListener).join(", ")}`;

/** Resolves when the process is told to end. */
const untilTold = (gateway: Gateway, { log, manager, orders }: Surroundings): Promise<void> =>
  new Promise((resolve) => {
    let told = false;
    const end = (signal: "SIGTERM" | "SIGINT"): void => {
      if (told) endAtOnce(log, signal === "SIGINT" ? SIGINT_CODE : SIGTERM_CODE);
      told = true;
      resolve();
    };
    const reload = (): void => {
      log.reopen();
      manager.reloading();
      void gateway.reload().then(() => manager.ready(serving(gateway)));
    };
    const retire = (): void => {
      if (isPoolWorker()) void gateway.retire().then(resolve);
      else log.event("hand-over-failed", { error: NO_POOL });
    };
    orders.obey((order) => {
      if (order === "SIGHUP") reload();
      else if (order === "SIGUSR2") retire();
      else end(order);
    });
    process.on("uncaughtException", (error) => {
      log.event("fatal-error", { error: error.message, stack: error.stack });
      endAtOnce(log, EXIT.internal);
    });
  });

/** No mail can be lost by it: nothing is removed but by an UPDATE that runs to its end or is not answered. */
const endAtOnce = (log: OwnedEventLog, code: number): never => {
  log.flushNow();
  process.exit(code);
};

const NO_POOL =
  "one process serves alone; set workers: 2 or auto and restart, or let systemd keep the sockets (postigo.socket)";

/** 128 and the number of the signal, as a shell would say it. */
const SIGINT_CODE = 130;
const SIGTERM_CODE = 143;
