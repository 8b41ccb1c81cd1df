// What one process tells of itself.

import type { Clock } from "../clock.js";
import type { EventLog } from "../log/event-log.js";
import type { CountingMeter } from "../metrics/counting-meter.js";
import { type Family, gauge } from "../metrics/family.js";
import type { Traffic } from "../metrics/meter.js";
import { ProcessFacts } from "../metrics/process-facts.js";
import type { Connection } from "../net/connection.js";
import type { SessionFacts } from "../net/session-facts.js";
import type { CertificateExpiry } from "../tls/tls-contexts.js";
import type { Census, KickReport, Observed } from "./observed.js";

export interface OverviewParts {
  readonly connections: ReadonlySet<Connection>;
  readonly meter: CountingMeter | undefined;
  readonly clock: Clock;
  readonly log: EventLog;
  readonly expiries: () => readonly CertificateExpiry[];
  readonly hindrance: () => string | undefined;
}

export class Overview implements Observed {
  readonly #parts: OverviewParts;
  readonly #process: ProcessFacts | undefined;
  /** Kicked, and not over yet. */
  readonly #ending = new Set<Connection>();

  constructor(parts: OverviewParts) {
    this.#parts = parts;
    this.#process = parts.meter && new ProcessFacts();
    this.#process?.start();
  }

  close(): void {
    this.#process?.stop();
  }

  async metrics(): Promise<readonly (readonly Family[])[]> {
    const { meter, expiries } = this.#parts;
    if (meter === undefined) return [];
    const standing = this.#standing().map(({ facts }) => facts);
    return [
      [
        gauge("postigo_sessions", "Sessions that stand, by state", byState(standing)),
        ...meter.families(trafficOf(standing)),
        gauge(
          "postigo_certificate_expiry_timestamp_seconds",
          "When a certificate in force ends; by its file",
          { label: "file", values: expiries().map(({ file, at }) => [file, at / 1000] as const) },
          "min",
        ),
        ...(this.#process?.families() ?? []),
      ],
    ];
  }

  async sessions(): Promise<Census> {
    return { sessions: this.#standing().map(({ facts }) => facts), silent: 0 };
  }

  async kick(target: string): Promise<KickReport> {
    const { clock, log } = this.#parts;
    const meant = this.#standing().filter(({ user, peer }) => user === target || peer.session === target);
    const sessions = meant.map(({ facts }) => facts);
    const ended = Promise.all(meant.map((connection) => this.#end(connection)));
    // A disk that does not answer must not hold up the operator.
    await Promise.race([ended, new Promise<void>((resolve) => clock.after(KICK_MS, resolve))]);
    const unfinished = meant.filter((connection) => this.#ending.has(connection)).map(({ peer }) => peer.session);
    if (sessions.length > 0) {
      log.event("sessions-kicked", { target, sessions: sessions.length, unfinished: unfinished.length });
    }
    return { sessions, unfinished, silent: 0 };
  }

  async #end(connection: Connection): Promise<void> {
    this.#ending.add(connection);
    await connection.kick();
    this.#ending.delete(connection);
  }

  async hindrance(): Promise<string | undefined> {
    return this.#parts.hindrance();
  }

  #standing(): Connection[] {
    return [...this.#parts.connections].filter((connection) => !connection.isOver || this.#ending.has(connection));
  }
}

function byState(sessions: readonly SessionFacts[]) {
  const states = new Map<string, number>([
    ["AUTHORIZATION", 0],
    ["TRANSACTION", 0],
    ["UPDATE", 0],
  ]);
  for (const { state } of sessions) states.set(state, (states.get(state) ?? 0) + 1);
  return { label: "state", values: states };
}

function trafficOf(sessions: readonly SessionFacts[]): Traffic {
  const total = { octetsIn: 0, octetsOut: 0 };
  for (const { octetsIn, octetsOut } of sessions) {
    total.octetsIn += octetsIn;
    total.octetsOut += octetsOut;
  }
  return total;
}

/** Below the deadline that the first process of a pool has for its workers. */
const KICK_MS = 1_500;
