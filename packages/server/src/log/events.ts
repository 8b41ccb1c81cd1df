// Every event that Postigo logs: its level and its fields. A Secret is not a FieldValue, so no field can hold one.

export type FieldValue = string | number | boolean | undefined;
export type Level = "error" | "warn" | "info" | "debug";

/** Fields of each event, by its name. Sizes in octets, spans in milliseconds. */
export interface EventFields {
  "session-opened": { session: string; peer: string; port: number; local: string; tls: boolean };
  "session-closed": {
    session: string;
    user: string | undefined;
    reason: string;
    ms: number;
    retrieved: number;
    top: number;
    deleted: number;
    octetsIn: number;
    octetsOut: number;
  };
  /** The one fixed line for intrusion filters: never change its form. */
  "login-failed": {
    session: string;
    peer: string;
    user: string | undefined;
    mechanism: string;
    why: string;
    tls: boolean;
  };
  login: {
    session: string;
    peer: string;
    user: string;
    mechanism: string;
    tls: boolean;
    messages: number;
    octets: number;
    ms: number;
  };
  /** One for each message that left the spool. */
  "message-removed": { session: string; user: string; uid: string; file: string; octets: number; how: string };
  /** The remembered count of a message was wrong; the client was told the true one where that was still possible. */
  "octets-corrected": { session: string; user: string; uid: string; announced: number; octets: number };
  "maildrop-close-failed": { session: string; user: string; error: string };
  "message-not-removed": { session: string; user: string; uid: string; file: string; error: string };
}

export type EventName = keyof EventFields;

export const EVENT_LEVELS: { readonly [N in EventName]: Level } = {
  "session-opened": "debug",
  "session-closed": "info",
  "login-failed": "warn",
  login: "info",
  "message-removed": "info",
  "message-not-removed": "error",
  "octets-corrected": "warn",
  "maildrop-close-failed": "error",
};
