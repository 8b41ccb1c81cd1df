// Why what an owner has left may be taken over or removed: he is proven dead, or has given no sign of life for too long.

import type { Clock } from "../clock.js";
import { type HostFacts, processState } from "./host-facts.js";
import type { TakeoverReason } from "./lock-event.js";
import type { FoundOwner } from "./owner-facts.js";
import { proofOfDeath } from "./proof-of-death.js";

export interface Judge {
  readonly clock: Clock;
  readonly staleMs: number;
  readonly here: HostFacts;
}

/** undefined: he may be alive. */
export function reasonToTake(
  { owner, stamp }: FoundOwner,
  { clock, staleMs, here }: Judge,
): TakeoverReason | undefined {
  const proof = owner && proofOfDeath(owner, here, processState);
  if (proof !== undefined) return proof;
  return clock.now() - stamp.modifiedMs > staleMs ? "stale" : undefined;
}
