// The port of the log: named events with named fields. What is not in the table of `events.ts` cannot be logged.

import type { EventFields, EventName } from "./events.js";

export interface EventLog {
  event<N extends EventName>(name: N, fields: EventFields[N]): void;
}
