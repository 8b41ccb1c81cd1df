// The capability list (RFC 2449 §5 and §6): one a line, capitals, always in this order. It is the same before and after
// login, as the RFC asks of each of these, but for STLS (RFC 2595 §4: AUTHORIZATION only).

import { bodyOf, ok, type Reply, withBody } from "../reply/reply.js";
import type { Circumstances } from "./outcome.js";

/** The whole answer to CAPA. */
export const capabilityList = (state: CapabilityState, circumstances: Circumstances): Reply =>
  withBody(CAPABILITIES, bodyOf(capabilities(state, circumstances)));

type CapabilityState = "AUTHORIZATION" | "TRANSACTION";

function capabilities(state: CapabilityState, circumstances: Circumstances): readonly string[] {
  const { policy, offer, encrypted } = circumstances;
  const lines = ["TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING"];
  if (offer.userPass) lines.push("USER");
  if (offer.mechanisms.length > 0) lines.push(`SASL ${offer.mechanisms.join(" ")}`);
  if (state === "AUTHORIZATION" && policy.stls === "available" && !encrypted) lines.push("STLS");
  // Some clients look for a name anywhere in a line (fetchmail), so that the argument USER must not stand without the capability.
  lines.push(offer.userPass ? "UTF8 USER" : "UTF8", "LANG");
  if (policy.expire !== undefined) lines.push(`EXPIRE ${policy.expire === "never" ? "NEVER" : policy.expire}`);
  if (policy.implementation !== undefined) lines.push(`IMPLEMENTATION ${policy.implementation}`);
  return lines;
}

const CAPABILITIES = ok("capabilities");
