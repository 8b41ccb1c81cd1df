// What the service manager is told: that we serve, reload, stop, and live (sd_notify(3), Type=notify). Without one
// ($NOTIFY_SOCKET is not set) nothing is loaded and nothing happens.

import type { Clock } from "../clock.js";
import type { EventLog } from "../log/event-log.js";
import { type NotifyChannel, openNotifyChannel } from "./notify-channel.js";

export interface ServiceManager {
  /** Also after each `reloading`. `status` is shown by `systemctl status`. */
  ready(status: string): void;
  reloading(): void;
  stopping(): void;
}

export interface ServiceManagerParts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: EventLog;
  readonly open?: () => Promise<NotifyChannel>;
}

/** Never rejects: a manager that cannot be told is one line of the log. */
export async function openServiceManager(parts: ServiceManagerParts): Promise<ServiceManager> {
  const { NOTIFY_SOCKET: socket } = parts.env;
  if (!socket) return NOBODY;
  try {
    const channel = await (parts.open ?? openNotifyChannel)();
    if (channel.detour !== undefined)
      parts.log.event("notify-by-program", { why: channel.detour, remedy: DETOUR_REMEDY });
    return new Notifier(channel, parts);
  } catch (error) {
    parts.log.event("notify-failed", { error: String(error) });
    return NOBODY;
  }
}

const NOBODY: ServiceManager = { ready: () => undefined, reloading: () => undefined, stopping: () => undefined };

const DETOUR_REMEDY =
  "put koffi (an optional dependency) and libsystemd right, or NotifyAccess=all into a drop-in of the unit: without either systemd ends the service";

class Notifier implements ServiceManager {
  readonly #channel: NotifyChannel;
  readonly #log: EventLog;
  /** One after the other: they must arrive in this order. */
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(channel: NotifyChannel, { env, clock, log }: ServiceManagerParts) {
    this.#channel = channel;
    this.#log = log;
    const everyMs = watchdogPause(env);
    if (everyMs === undefined) return;
    const timer = clock.after(everyMs, () => {
      // Slow news is news enough: what waits already is a sign of life too.
      if (this.#waiting === 0) this.#send(["WATCHDOG=1"]);
      timer.restart();
    });
  }

  ready(status: string): void {
    this.#send(["READY=1", `STATUS=${status}`]);
  }

  /** The time must be of CLOCK_MONOTONIC, as hrtime's is on Linux: the manager tells by it which READY=1 belongs to this. */
  reloading(): void {
    this.#send(["RELOADING=1", `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`, "STATUS=reloading"]);
  }

  stopping(): void {
    this.#send(["STOPPING=1", "STATUS=finishing updates that run"]);
  }

  #send(assignments: readonly string[]): void {
    const failed = (error: unknown) => this.#log.event("notify-failed", { error: String(error) });
    this.#waiting += 1;
    this.#last = this.#last
      .then(() => this.#channel.send(assignments))
      .catch(failed)
      .finally(() => {
        this.#waiting -= 1;
      });
  }
}

/** Twice in the span after which the manager would end us; undefined: it does not watch this process. */
function watchdogPause({ WATCHDOG_USEC: span, WATCHDOG_PID: pid }: ServiceManagerParts["env"]): number | undefined {
  if (span === undefined || !/^[1-9]\d{0,15}$/.test(span)) return undefined;
  if (pid !== undefined && pid !== String(process.pid)) return undefined;
  return Math.max(1, Math.floor(Number(span) / 2000));
}
