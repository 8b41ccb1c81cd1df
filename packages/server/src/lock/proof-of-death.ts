// When the owner of a lock is proven dead, without waiting for its age.

import type { HostFacts, ProcessState } from "./host-facts.js";
import type { LockOwner } from "./maildrop-lock.js";

/**
 * `rebooted`: the owner lived on this machine, in an earlier boot. `dead`: its process is gone, or its id is another's by now.
 * undefined: it lives, or nothing can be proven (another machine, another pid namespace, facts that are missing).
 */
export function proofOfDeath(
  owner: LockOwner,
  here: HostFacts,
  stateOf: (pid: number) => ProcessState,
): "dead" | "rebooted" | undefined {
  if (owner.host !== here.host || owner.machine !== here.machine) return undefined;
  if (owner.bootId === "" || here.bootId === "") return undefined;
  if (owner.bootId !== here.bootId) return hasRebooted(owner) ? "rebooted" : undefined;
  if (owner.pidNamespace === "" || owner.pidNamespace !== here.pidNamespace) return undefined;
  const state = stateOf(owner.pid);
  if (state.type === "gone") return "dead";
  return state.start !== undefined && owner.pidStart !== 0 && state.start !== owner.pidStart ? "dead" : undefined;
}

/** A host name alone does not tell two machines apart (containers, images): without a machine id another boot id proves nothing. */
const hasRebooted = (owner: LockOwner): boolean => owner.machine !== "";
