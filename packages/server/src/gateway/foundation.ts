// What outlives a reload. Made once from the configuration a gateway starts with.

import { createWireKernel } from "@postigo/protocol";
import { createMaildirStore, createStorageRoots, type DurableMaildirStore, type StorageRoots } from "@postigo/storage";
import type { Account, Peer } from "../auth/authenticator.js";
import { createHashQueue, type HashQueue } from "../auth/hash-queue.js";
import { createThrottle, type Throttle } from "../auth/throttle.js";
import type { Canary } from "../canary/canary.js";
import { createCanary } from "../canary/create-canary.js";
import { type Clock, systemClock } from "../clock.js";
import type { Config } from "../config/config.js";
import type { InheritedSocket } from "../lifecycle/inherited-sockets.js";
import { poolKey } from "../lifecycle/worker-pool.js";
import { createLockOverRoots } from "../lock/lock-over-roots.js";
import type { MaildropLock } from "../lock/maildrop-lock.js";
import { createEventLog } from "../log/create-event-log.js";
import type { EventLog } from "../log/event-log.js";
import type { MemoryMaildropSource } from "../maildrop/maildrop-sources.js";
import { createOctetRule } from "../maildrop/octet-rule.js";
import { CountingMeter } from "../metrics/counting-meter.js";
import { ConnectionLimits } from "../net/connection-limits.js";
import { STAGE_MEMORY_OCTETS, Stage } from "../net/stage.js";
import { logLockEvent } from "./log-events.js";

/** What an embedding program, or a test, puts in the place of Postigo's own parts. */
export interface GatewayOverrides {
  /** Asked instead of the accounts of the configuration; PLAIN, LOGIN and USER/PASS only. */
  readonly authenticate?: (user: string, password: string, peer: Peer) => Promise<Account | boolean | undefined>;
  /** Opens the maildrop of an account instead of a Maildir. */
  readonly openMaildrop?: MemoryMaildropSource;
  readonly clock?: Clock;
  readonly log?: EventLog;
  /** Reads the configuration anew for a reload; throws ConfigError. Without it a reload reads accounts and certificates only. */
  readonly readConfig?: () => Config;
  /** Where a key stands in what `readConfig` has read last, for the log: `postigo.yaml:7:3`. */
  readonly placeOf?: (key: string) => string;
  /** Files that a reload reads besides accounts and certificates, watched like them: the configuration. */
  readonly watch?: readonly string[];
  /** Listening sockets that whoever started the process has bound for listeners of the configuration. */
  readonly inherited?: readonly InheritedSocket[];
}

export interface Foundation {
  readonly clock: Clock;
  readonly log: EventLog;
  /** Resolves once every line of a log that was made here is out. */
  readonly closeLog: () => Promise<void>;
  /** undefined: nobody asks for metrics, and nothing is counted. */
  readonly meter: CountingMeter | undefined;
  readonly stage: Stage;
  readonly roots: StorageRoots;
  readonly store: DurableMaildirStore;
  readonly lock: MaildropLock;
  /** undefined: several processes without a directory, in which each would know a part only. */
  readonly canary: Canary | undefined;
  readonly limits: ConnectionLimits;
  readonly hashing: HashQueue;
  readonly throttle: Throttle;
  readonly strangerKey: Uint8Array;
}

export function buildFoundation(config: Config, overrides: GatewayOverrides): Foundation {
  const clock = overrides.clock ?? systemClock;
  const { log, closeLog } = buildLog(config, overrides, clock);
  const meter = config.metrics && new CountingMeter();
  const stage = new Stage(createWireKernel(STAGE_MEMORY_OCTETS));
  const roots = createStorageRoots({ io: config.spool.io, monotonic: () => clock.monotonic() });
  return {
    clock,
    log,
    closeLog,
    meter,
    stage,
    roots,
    store: buildStore({ roots, stage, clock, log, meter }),
    lock: createLockOverRoots({ ...config.lock, roots, clock, onEvent: (event) => logLockEvent(log, event) }),
    canary: createCanary(config, { clock, log, env: process.env }),
    limits: new ConnectionLimits(config.limits),
    hashing: createHashQueue(),
    throttle: createThrottle({ clock, failuresBeforeDelay: config.limits.failuresBeforeDelay }),
    strangerKey: poolKey(),
  };
}

function buildLog(config: Config, { log }: GatewayOverrides, clock: Clock): Pick<Foundation, "log" | "closeLog"> {
  if (log !== undefined) return { log, closeLog: async () => undefined };
  const owned = createEventLog(config.log, clock);
  return { log: owned, closeLog: () => owned.close() };
}

type StoreParts = Pick<Foundation, "stage" | "clock" | "log" | "meter"> & { readonly roots: StorageRoots };

function buildStore({ roots, stage, clock, log, meter }: StoreParts): DurableMaildirStore {
  return createMaildirStore({
    roots,
    rule: createOctetRule(stage.kernel, stage.window),
    now: () => clock.now(),
    ...(meter && { onTable: (source) => meter.tableFound(source) }),
    onTrouble: ({ code, path, cause }) => log.event("storage-trouble", { code, path, error: String(cause) }),
  });
}
