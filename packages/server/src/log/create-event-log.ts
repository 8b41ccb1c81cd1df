// The event log on winston: the level decides first, then the flood gate, then the line is made and handed to the sink.

import { Writable } from "node:stream";
import winston from "winston";
import { type Clock, systemClock } from "../clock.js";
import type { LogConfig } from "../config/config.js";
import type { EventLog } from "./event-log.js";
import {
  BOUNDED_EVENTS,
  EVENT_LEVELS,
  type EventName,
  type FieldValue,
  type Level,
  LOGIN_FAILED_FIELDS,
} from "./events.js";
import { FloodGate } from "./flood-gate.js";
import { jsonLine, type LineFormat, textLine } from "./line-format.js";
import { LineSink } from "./line-sink.js";

/** The log together with what its owner must be able to do to it. */
export interface OwnedEventLog extends EventLog {
  /** Opens the log file anew, after logrotate has moved it. Never throws. */
  reopen(): void;
  /** Resolves once every line is out. What happens afterwards is not logged: a last timer must not end the process. */
  close(): Promise<void>;
  /** Writes what waits at once: for the last moment of a process. */
  flushNow(): void;
}

/** Throws when the log file cannot be opened. */
export const createEventLog = (config: LogConfig, clock: Clock = systemClock): OwnedEventLog => {
  const sink = new LineSink(config.file, (lines, error) => log.event("lines-lost", { lines, error }));
  const gate = new FloodGate(clock, (of, lines) => log.event("lines-suppressed", { of, lines }));
  const transport = new SinkTransport(sink, config.format === "json" ? jsonLine : textLine);
  const logger = winston.createLogger({
    levels: { ...LEVELS },
    level: config.level,
    format: AS_IT_IS,
    transports: [transport],
  });
  const threshold = LEVELS[config.level];
  let closing: Promise<void> | undefined;
  const log: OwnedEventLog = {
    event(name, fields) {
      const level = EVENT_LEVELS[name];
      if (LEVELS[level] > threshold || closing !== undefined || (isBounded(name, fields) && !gate.admits(name))) return;
      const entry: Entry = { level, message: name, at: clock.now(), fields: ordered(name, fields) };
      logger.write(Object.assign(entry, { [LEVEL]: level }));
    },
    reopen: () => reopen(sink, log),
    close() {
      gate.settle();
      closing ??= new Promise<void>((resolve) => transport.once("finish", resolve) && logger.end()).then(() =>
        sink.drained(),
      );
      return closing;
    },
    flushNow: () => sink.flushNow(),
  };
  return log;
};

/** What travels through winston, which knows levels by this symbol. */
const LEVEL = Symbol.for("level");
interface Entry {
  readonly level: Level;
  readonly message: EventName;
  readonly at: number;
  readonly fields: Fields;
}

/** The end of winston's pipe. The line is made here, where it is written: no entry is copied or decorated on the way. */
class SinkTransport extends Writable {
  readonly #sink: LineSink;
  readonly #line: LineFormat;

  constructor(sink: LineSink, line: LineFormat) {
    super({ objectMode: true });
    this.#sink = sink;
    this.#line = line;
  }

  log({ at, level, message, fields }: Entry, next: () => void): void {
    this.#sink.write(this.#line(at, level, message, fields));
    next();
  }

  override _write(entry: Entry, _encoding: string, next: () => void): void {
    this.log(entry, next);
  }
}

const AS_IT_IS = winston.format((entry) => entry)();

const reopen = (sink: LineSink, log: EventLog): void => {
  const { file } = sink;
  if (file === undefined) return;
  try {
    sink.reopen();
    log.event("log-reopened", { file });
  } catch (error) {
    log.event("log-reopen-failed", { file, error: error instanceof Error ? error.message : String(error) });
  }
};

const isBounded = (name: EventName, { user }: Fields): boolean => BOUNDED_EVENTS.has(name) && user === undefined;

/** The fixed line keeps its order whatever the order of the caller. */
const ordered = (name: EventName, fields: Fields): Fields =>
  name === "login-failed" ? Object.fromEntries(LOGIN_FAILED_FIELDS.map((field) => [field, fields[field]])) : fields;

type Fields = Readonly<Record<string, FieldValue>>;

const LEVELS: Readonly<Record<Level, number>> = { error: 0, warn: 1, info: 2, debug: 3 };
