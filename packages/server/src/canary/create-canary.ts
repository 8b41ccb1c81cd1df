// Whether there is a canary, and where it keeps what it knows.

import { join } from "node:path";
import type { Clock } from "../clock.js";
import type { Config } from "../config/config.js";
import { readHostFacts } from "../lock/host-facts.js";
import type { EventLog } from "../log/event-log.js";
import { Canary } from "./canary.js";
import { createCanaryFiles } from "./canary-files.js";
import { RecordKeeper } from "./record-keeper.js";

type Environment = Readonly<Record<string, string | undefined>>;

export interface CanarySurroundings {
  readonly clock: Clock;
  readonly log: EventLog;
  readonly env: Environment;
}

/** Told to be off by the configuration it is made all the same: a reload may switch it on. */
export function createCanary(config: Config, { clock, log, env }: CanarySurroundings): Canary | undefined {
  const directory = canaryDirectory(config, env);
  const { bootId } = readHostFacts();
  if (directory === undefined) return createWithoutFiles(config, { bootId, log });
  const onTrouble = (trouble: { what: string; maildrop: string; error: string }): void =>
    log.event("canary-trouble", { what: trouble.what, maildrop: trouble.maildrop, error: trouble.error });
  return new Canary({ keeper: new RecordKeeper({ files: createCanaryFiles(directory), clock, onTrouble }), bootId });
}

/** systemd(1) names the directory of a service with `StateDirectory=`, several with colons. undefined: there is none. */
export function canaryDirectory({ canary }: Pick<Config, "canary">, env: Environment): string | undefined {
  if (canary.directory !== undefined) return canary.directory;
  const state = env["STATE_DIRECTORY"]?.split(":", 1)[0];
  return state === undefined || !state.startsWith("/") ? undefined : join(state, "canary");
}

/** How an operator says that a change is meant. */
export function acceptCommand(user: string, config: Pick<Config, "canary">, env: Environment): string {
  const directory = canaryDirectory(config, env);
  if (directory === undefined) return "put the mail back, or restart Postigo if the change is meant";
  const setting = config.canary.directory === undefined ? `POSTIGO_CANARY_DIRECTORY=${directory} ` : "";
  return `put the mail back, or run if the change is meant: ${setting}postigo accept-change ${shellWord(user)}`;
}

/** Of several processes each sees some of the sessions: one that was away for a while would take for a loss what others removed. */
function createWithoutFiles(
  { canary, workers }: Config,
  { bootId, log }: { readonly bootId: string; readonly log: EventLog },
): Canary | undefined {
  if (workers === 1) {
    if (canary.enabled) log.event("canary-in-memory-only", {});
    return new Canary({ keeper: undefined, bootId });
  }
  if (canary.enabled) log.event("canary-off", { why: "several workers share nothing: set canary.directory" });
  return undefined;
}

const shellWord = (text: string): string => (/^[\w@.+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
