// What the parts report, as events of the log.

import type { LockEvent } from "../lock/lock-event.js";
import type { EventLog } from "../log/event-log.js";
import type { TlsEvent } from "../tls/tls-event.js";

export function logLockEvent(log: EventLog, event: LockEvent): void {
  const { maildrop, session } = event;
  switch (event.type) {
    case "lock-taken-over":
      log.event(event.type, {
        maildrop,
        session,
        why: event.why,
        from: event.owner && `process ${event.owner.pid} on ${event.owner.host}`,
      });
      return;
    case "lock-in-memory-only":
      log.event(event.type, { maildrop, session, code: event.code });
      return;
    case "lock-lost":
    case "lock-release-failed":
      log.event(event.type, { maildrop, session, error: String(event.cause) });
      return;
  }
}

export function logTlsEvent(log: EventLog, event: TlsEvent): void {
  const { file } = event;
  switch (event.type) {
    case "certificate-expired":
      log.event(event.type, { file, since: event.since });
      return;
    case "certificate-expires-soon":
      log.event(event.type, { file, on: event.on, days: event.days });
      return;
    case "certificate-not-yet-valid":
      log.event(event.type, { file, from: event.from });
      return;
    case "certificate-misses-name":
      log.event(event.type, { file, name: event.name });
      return;
    case "key-readable-by-others":
      log.event(event.type, { file });
      return;
  }
}
