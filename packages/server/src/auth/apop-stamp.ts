// The challenges in message-id form (RFC 1939 §7, RFC 2195 §2): unpredictable, and never the same twice.

import { randomBytes } from "node:crypto";

/**
 * `<random.time@host>`: letters, digits and dots around one `@`, because clients take a stamp with anything else in it for
 * none at all. What the host name has beyond these is left out.
 */
export function makeApopStamp(hostname: string, now: number): string {
  const host = hostname.replace(/[^A-Za-z0-9.]/g, "").replace(/^\.+|\.+$|\.(?=\.)/g, "");
  return `<${randomBytes(16).toString("hex")}.${Math.floor(now).toString(36)}@${host || "localhost"}>`;
}
