// What the rest of Postigo may know of the protocol.

export type { Verb } from "./grammar/command.js";
export { DEFAULT_SESSION_LIMITS } from "./limits.js";
export { type MessageNumber, messageNumberAt } from "./message-number.js";
export { Secret } from "./secret.js";
export type { AuthenticationMethod, CloseReason, Effect } from "./session/effect.js";
export type { AuthenticationOutcome, Input, MaildropRefusal } from "./session/input.js";
export { Listing } from "./session/listing.js";
export type { ListingSource } from "./session/listing-source.js";
export { Session } from "./session/session.js";
export type {
  CommandHearer,
  LoginOffer,
  SessionLimits,
  SessionOpening,
  SessionPolicy,
} from "./session/session-policy.js";
export { isUniqueId } from "./unique-id.js";
export { createWireKernel } from "./wire/create-wire-kernel.js";
export { TopCut } from "./wire/top-cut.js";
export { closingOctets, NOTHING_BEFORE, OVERSTORE_OCTETS, type WireKernel } from "./wire/wire-kernel.js";
