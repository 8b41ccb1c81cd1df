// A log that keeps what it is told, and says so at once to whoever waits for it.

import type { EventLog } from "#server/log/event-log";
import type { EventFields, EventName } from "#server/log/events";

export class RecordingLog implements EventLog {
  readonly events: { readonly name: EventName; readonly fields: object }[] = [];
  /** Called with the name of each event, within the call that logs it. */
  onEvent: (name: EventName, fields: object) => void = () => undefined;

  event<N extends EventName>(name: N, fields: EventFields[N]): void {
    this.events.push({ name, fields });
    this.onEvent(name, fields);
  }

  /** The fields of each event of that name, in order. */
  of<N extends EventName>(name: N): EventFields[N][] {
    return this.events.filter((event) => event.name === name).map(({ fields }) => fields as EventFields[N]);
  }
}
