// The meter of one process: numbers that grow, and how they read as metrics.

import type { CloseReason, Verb } from "@postigo/protocol";
import type { OpeningSource } from "@postigo/storage";
import { counter, type Family } from "./family.js";
import { Latency } from "./latency.js";
import type { LoginOutcome, Meter, Traffic } from "./meter.js";

export class CountingMeter implements Meter {
  readonly #commands = new Map<string, Latency>();
  readonly #locks = new Map<string, Latency>();
  readonly #openings = new Latency();
  readonly #refused = new Tally();
  readonly #ended = new Tally();
  readonly #handshakes = new Tally();
  readonly #tables = new Tally(["memory", "index", "listing"] satisfies OpeningSource[]);
  readonly #logins = new Map<string, Tally>();
  #opened = 0;
  #retrieved = 0;
  #removed = 0;
  #octetsIn = 0;
  #octetsOut = 0;
  /** What was told last: a counter must not fall when a connection changes its socket for TLS. */
  #told: Traffic = { octetsIn: 0, octetsOut: 0 };

  sessionOpened(): void {
    this.#opened++;
  }

  sessionRefused(why: string): void {
    this.#refused.add(why);
  }

  sessionEnded(reason: CloseReason, { octetsIn, octetsOut }: Traffic): void {
    this.#ended.add(reason);
    this.#octetsIn += octetsIn;
    this.#octetsOut += octetsOut;
  }

  encrypted(version: string): void {
    this.#handshakes.add(version);
  }

  login(mechanism: string, outcome: LoginOutcome): void {
    const known = MECHANISMS.has(mechanism) ? mechanism : "other";
    const tally = this.#logins.get(known) ?? new Tally();
    this.#logins.set(known, tally);
    tally.add(outcome);
  }

  commandAnswered(verb: Verb | "malformed", ms: number): void {
    latencyOf(this.#commands, verb).observe(ms);
  }

  messageRetrieved(): void {
    this.#retrieved++;
  }

  messagesRemoved(count: number): void {
    this.#removed += count;
  }

  lockAwaited(outcome: "held" | "in-use" | "unavailable", ms: number): void {
    latencyOf(this.#locks, outcome).observe(ms);
  }

  maildropOpened(ms: number): void {
    this.#openings.observe(ms);
  }

  tableFound(source: OpeningSource): void {
    this.#tables.add(source);
  }

  /** `live`: octets of the sessions that stand now. */
  families(live: Traffic): Family[] {
    this.#told = {
      octetsIn: Math.max(this.#told.octetsIn, this.#octetsIn + live.octetsIn),
      octetsOut: Math.max(this.#told.octetsOut, this.#octetsOut + live.octetsOut),
    };
    return [...this.#sessionFamilies(), ...this.#workFamilies()];
  }

  #sessionFamilies(): Family[] {
    const { octetsIn, octetsOut } = this.#told;
    return [
      counter("postigo_sessions_opened_total", "Connections that were admitted", this.#opened),
      counter("postigo_sessions_refused_total", "Connections turned away at once", this.#refused.by("why")),
      counter(
        "postigo_sessions_ended_total",
        "Sessions that ended, by the reason of the log",
        this.#ended.by("reason"),
      ),
      counter("postigo_tls_handshakes_total", "Handshakes that succeeded", this.#handshakes.by("version")),
      counter("postigo_octets_total", "Octets between clients and Postigo", {
        label: "direction",
        values: Object.entries({ in: octetsIn, out: octetsOut }),
      }),
      { ...counter("postigo_logins_total", "Logins that were answered", 0), values: [...this.#loginValues()] },
    ];
  }

  #workFamilies(): Family[] {
    return [
      histogram("postigo_command_duration_seconds", "From a command to its answer", "command", this.#commands),
      histogram("postigo_lock_wait_seconds", "From asking for a maildrop's lock to the answer", "outcome", this.#locks),
      {
        ...HISTOGRAM,
        name: "postigo_maildrop_open_seconds",
        help: "From the lock to the listing of a maildrop",
        values: this.#openings.values("postigo_maildrop_open_seconds", {}),
      },
      counter(
        "postigo_maildrop_tables_total",
        "Where the table of a maildrop was found: in memory, in its index, or by listing it anew",
        this.#tables.by("source"),
      ),
      counter("postigo_messages_retrieved_total", "Messages sent whole by RETR", this.#retrieved),
      counter("postigo_messages_removed_total", "Messages removed from the spool", this.#removed),
    ];
  }

  *#loginValues(): Iterable<Family["values"][number]> {
    for (const [mechanism, outcomes] of this.#logins) {
      for (const [outcome, value] of outcomes.by("outcome").values) yield { labels: { mechanism, outcome }, value };
    }
  }
}

/** Numbers by a name out of a closed set. */
class Tally {
  readonly #counts = new Map<string, number>();

  constructor(names: readonly string[] = []) {
    for (const name of names) this.#counts.set(name, 0);
  }

  add(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  by(label: string) {
    return { label, values: this.#counts };
  }
}

function latencyOf(latencies: Map<string, Latency>, name: string): Latency {
  let latency = latencies.get(name);
  if (latency === undefined) {
    latency = new Latency();
    latencies.set(name, latency);
  }
  return latency;
}

const histogram = (name: string, help: string, label: string, latencies: ReadonlyMap<string, Latency>): Family => ({
  ...HISTOGRAM,
  name,
  help,
  values: [...latencies].flatMap(([value, latency]) => latency.values(name, { [label]: value })),
});

const HISTOGRAM = { type: "histogram", aggregator: "sum" } as const;

/** A client may name any: those that are none of ours are one. */
const MECHANISMS: ReadonlySet<string> = new Set([
  "USER",
  "APOP",
  "PLAIN",
  "LOGIN",
  "CRAM-MD5",
  "SCRAM-SHA-1",
  "SCRAM-SHA-256",
]);
