// Policies that tests start from.

import { DEFAULT_SESSION_LIMITS } from "#protocol/limits";
import type { SessionLimits, SessionOpening, SessionPolicy } from "#protocol/session/session-policy";

/** Everything on offer, encrypted or not. */
export const OPEN_POLICY: SessionPolicy = {
  stls: "available",
  clear: { userPass: true, mechanisms: ["SCRAM-SHA-256", "PLAIN"] },
  encrypted: { userPass: true, mechanisms: ["SCRAM-SHA-256", "PLAIN"] },
  implementation: undefined,
  expire: undefined,
  limits: DEFAULT_SESSION_LIMITS,
};

export const CLEAR_OPENING: SessionOpening = { encrypted: false, apopStamp: undefined };

export const withLimits = (limits: Partial<SessionLimits>): SessionPolicy => ({
  ...OPEN_POLICY,
  limits: { ...DEFAULT_SESSION_LIMITS, ...limits },
});
